"""The data set of the `demo` preset: generated photographs in ISIC's folder layout, with the faults of real data.

    demo.json                                           what it was generated from
    2019/ISIC_2019_Training_Input/*.jpg, 2019/ISIC_2019_Training_GroundTruth.csv, 2019/ISIC_2019_Training_Metadata.csv
    2020/train/*.jpg, 2020/train.csv, 2020/ISIC_2020_Training_Duplicates.csv

Patients and lesions repeat, values are missing, images are copied (some with, some without a hint in the tables), and
about 2% of the files are broken. The pictures are for trying the pipeline out: they teach nothing about skin.
"""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from PIL import Image

from components.common.demographics import SITE_SYNONYMS
from components.common.errors import SettingsError, StorageError
from components.common.files import read_json, whole, write_json
from components.common.progress import track
from components.common.taxonomy import CLASSES
from components.local.cohort import Photo, draw_cohort
from components.local.photographs import photograph

VERSION = 2
"""Raised whenever the same settings come to give other files."""

MINIMUM_IMAGES = 50

FOLDERS: dict[int, str] = {2019: "2019/ISIC_2019_Training_Input", 2020: "2020/train"}

_SETTINGS = "demo.json"
_QUALITY = 90

Row = Mapping[str, object]


def generate(folder: Path, *, images: int = 360, seed: int = 0) -> None:
    """Generate the data set, whole or not at all; where it is there already, of these settings, do nothing.

    Args:
        folder: where to; a data set of other settings there is replaced.
        images: rows of the tables of both years together, at least MINIMUM_IMAGES.
        seed: the same seed gives the same files.

    Raises:
        SettingsError: too few images, or the folder holds something else.
        StorageError: the folder cannot be written.
    """
    if images < MINIMUM_IMAGES:
        raise SettingsError(f"images must be at least {MINIMUM_IMAGES}, so that every class has some, not {images}")
    settings = {"version": VERSION, "images": images, "seed": seed}
    if _already(folder, settings):
        return
    photos = draw_cohort(images, seed)
    with whole(folder) as beside:
        for year in FOLDERS:
            (beside / FOLDERS[year]).mkdir(parents=True)
        for photo in track(photos, "generating images", len(photos)):
            _write_image(photo, beside / FOLDERS[photo.year])
        for name, rows in _tables(photos).items():
            _write_table(beside / name, rows)
        write_json(beside / _SETTINGS, settings)


def _already(folder: Path, settings: Mapping[str, int]) -> bool:
    """Whether the folder holds just this data set. Anything but a generated data set is not to be replaced."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return False
    if not (folder / _SETTINGS).is_file():
        raise SettingsError(f"{folder} is there and was not generated (it has no {_SETTINGS}): give another folder")
    try:
        return bool(read_json(folder / _SETTINGS) == settings)
    except StorageError:
        return False


def _tables(photos: Sequence[Photo]) -> dict[str, list[Row]]:
    old = [photo for photo in photos if photo.year == 2019]
    new = [photo for photo in photos if photo.year == 2020]
    return {
        "2019/ISIC_2019_Training_GroundTruth.csv": [_truth_2019(photo) for photo in old],
        "2019/ISIC_2019_Training_Metadata.csv": [_metadata_2019(photo) for photo in old],
        "2020/train.csv": [_row_2020(photo) for photo in new],
        "2020/ISIC_2020_Training_Duplicates.csv": _duplicates(new),
    }


def _truth_2019(photo: Photo) -> Row:
    return {"image": photo.image_id} | {label: float(label == photo.label) for label in CLASSES}


def _metadata_2019(photo: Photo) -> Row:
    return {
        "image": photo.image_id,
        "age_approx": photo.patient.age,
        "anatom_site_general": photo.site,
        "lesion_id": photo.lesion_id,
        "sex": photo.patient.sex,
    }


def _row_2020(photo: Photo) -> Row:
    melanoma = photo.label == "MEL"
    return {
        "image_name": photo.image_id,
        "patient_id": photo.patient_id,
        "sex": photo.patient.sex,
        "age_approx": photo.patient.age,
        "anatom_site_general_challenge": SITE_SYNONYMS.get(photo.site or "", photo.site),
        "diagnosis": photo.diagnosis,
        "benign_malignant": "malignant" if melanoma else "benign",
        "target": int(melanoma),
    }


def _duplicates(photos: Iterable[Photo]) -> list[Row]:
    """The pairs that 2020 lists. The last is of images that are not there, as when only a part was downloaded."""
    pairs = [(photo.original_id, photo.image_id) for photo in photos if photo.edit == "listed"]
    return [{"image_name_1": one, "image_name_2": two} for one, two in [*pairs, ("ISIC_00000000", "ISIC_00000001")]]


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _write_image(photo: Photo, folder: Path) -> None:
    picture = Image.fromarray(photograph(photo.lesion, photo.patient.skin, photo.view))
    content = EDITS[photo.edit](_jpeg(picture, _QUALITY))
    if content is not None:
        (folder / f"{photo.image_id}.jpg").write_bytes(content)


def _jpeg(image: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def _rescaled(jpeg: bytes, factor: float, quality: int) -> bytes:
    image = Image.open(io.BytesIO(jpeg))
    size = (round(image.width * factor), round(image.height * factor))
    return _jpeg(image.resize(size, Image.Resampling.LANCZOS), quality)


EDITS: dict[str, Callable[[bytes], bytes | None]] = {
    "none": lambda jpeg: jpeg,
    "same bytes": lambda jpeg: jpeg,
    "rescaled": lambda jpeg: _rescaled(jpeg, 0.8, 70),
    "downsampled": lambda jpeg: _rescaled(jpeg, 0.5, _QUALITY),
    "listed": lambda jpeg: _rescaled(jpeg, 1.0, 60),
    "truncated": lambda jpeg: jpeg[: len(jpeg) // 2],
    "empty": lambda jpeg: b"",
    "text": lambda jpeg: b"<html><body>503 Service Unavailable</body></html>\n",
    "absent": lambda jpeg: None,
}
"""What becomes of a photograph's JPEG file: nothing, a copy's small changes, or a fault; None is no file."""
