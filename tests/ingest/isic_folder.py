"""Small made data sets in ISIC's layout."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from components.common.taxonomy import CLASSES

TRUTH_2019 = "2019/ISIC_2019_Training_GroundTruth.csv"
METADATA_2019 = "2019/ISIC_2019_Training_Metadata.csv"
IMAGES_2019 = "2019/ISIC_2019_Training_Input"
TRUTH_2020 = "2020/train.csv"
DUPLICATES_2020 = "2020/ISIC_2020_Training_Duplicates.csv"
IMAGES_2020 = "2020/train"

HEADER_2020 = (
    "image_name",
    "patient_id",
    "sex",
    "age_approx",
    "anatom_site_general_challenge",
    "diagnosis",
    "benign_malignant",
    "target",
)


def picture(number: int, *, width: int = 96, height: int = 72, quality: int = 90) -> bytes:
    """A JPEG of soft colored blotches; each number gives another picture, whatever its size and quality."""
    coarse = np.random.default_rng(number).integers(0, 256, (9, 12, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((384, 288), Image.Resampling.BICUBIC).resize((width, height))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def write_rows(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def one_hot(label: str) -> list[float]:
    return [float(name == label) for name in CLASSES]


def write_2019(root: Path, labels: Mapping[str, str], *, lesions: Mapping[str, str] | None = None) -> None:
    """Tables and images of 2019; the picture of ISIC_0000012 is number 12."""
    write_rows(
        root / TRUTH_2019, ("image", *CLASSES), [(image_id, *one_hot(label)) for image_id, label in labels.items()]
    )
    write_rows(
        root / METADATA_2019,
        ("image", "age_approx", "anatom_site_general", "lesion_id", "sex"),
        [(image_id, 55.0, "anterior torso", (lesions or {}).get(image_id, ""), "female") for image_id in labels],
    )
    write_images(root / IMAGES_2019, labels)


def write_2020(root: Path, rows: Iterable[tuple[str, str, str]], *, duplicates: Sequence[Sequence[str]] = ()) -> None:
    """Tables and images of 2020; a row is an image id, a patient and a diagnosis."""
    rows = list(rows)
    write_rows(
        root / TRUTH_2020,
        HEADER_2020,
        [
            (image_id, patient, "male", 40.0, "head/neck", diagnosis, "benign", 0)
            for image_id, patient, diagnosis in rows
        ],
    )
    write_rows(root / DUPLICATES_2020, ("image_name_1", "image_name_2"), duplicates)
    write_images(root / IMAGES_2020, [image_id for image_id, _, _ in rows])


def write_images(folder: Path, image_ids: Iterable[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for image_id in image_ids:
        (folder / f"{image_id}.jpg").write_bytes(picture(int(image_id.split("_")[1])))


def ids(start: int, count: int) -> list[str]:
    return [f"ISIC_{number:07d}" for number in range(start, start + count)]


def write_both(root: Path) -> Path:
    """Forty images of both years: four classes and UNK, two images a lesion or patient."""
    first, second = ids(0, 24), ids(100, 16)
    classes = ("MEL", "NV", "BCC", "NV")
    write_2019(
        root,
        {image_id: classes[number // 2 % 4] for number, image_id in enumerate(first)},
        lesions={image_id: f"HAM_{number // 2}" for number, image_id in enumerate(first)},
    )
    write_2020(
        root,
        [
            (image_id, f"IP_{number // 2}", ("unknown", "melanoma")[number // 2 % 2])
            for number, image_id in enumerate(second)
        ],
        duplicates=[(second[0], second[2])],
    )
    return root
