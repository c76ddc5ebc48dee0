"""DICOM files: the picture, and of the patient only age, sex and the part of the body.

The identifying elements (names, numbers, dates) are never read out of the data set, stored or logged. Visible-light
photographs and dermoscopy come as RGB or YBR, compressed as JPEG or not at all:
https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_A.32.html
"""

import re
import warnings
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import pydicom
from pydicom.encaps import generate_frames
from pydicom.filereader import read_dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array

from components.common.demographics import MAXIMUM_AGE
from components.common.pictures import MINIMUM_SIDE, PictureError

# pydicom warns of values that the standard forbids, and quotes them: a patient's name would be in the log.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE

_PREAMBLE = 128
_MAGIC = b"DICM"
_META_GROUP = 0x0002

_SEXES = {"F": "female", "M": "male"}
_AGE = re.compile(r"(\d{3})([DWMY])")
_YEARS = {"D": 1 / 365.25, "W": 7 / 365.25, "M": 1 / 12, "Y": 1.0}

# Parts of the body as CID 4 (https://dicom.nema.org/medical/dicom/current/output/chtml/part16/chapter_L.html) and
# devices spell them, without blanks and signs, in capitals.
_PARTS: dict[str, tuple[str, ...]] = {
    "head/neck": (
        "HEAD", "NECK", "HEADNECK", "FACE", "SCALP", "SKULL", "EAR", "NOSE", "CHEEK", "FOREHEAD", "EYELID", "EYE",
        "CHIN", "JAW",
    ),
    "torso": (
        "TRUNK", "TORSO", "CHEST", "BACK", "ABDOMEN", "BREAST", "PELVIS", "SHOULDER", "BUTTOCK", "THORAX", "FLANK",
        "HIP", "ANTERIORTORSO", "POSTERIORTORSO", "LATERALTORSO", "LUMBAR",
    ),
    "upper extremity": (
        "ARM", "FOREARM", "UPPERARM", "ELBOW", "WRIST", "HAND", "FINGER", "THUMB", "UPPEREXTREMITY",
        "UPPERLIMB", "AXILLA",
    ),
    "lower extremity": (
        "LEG", "THIGH", "KNEE", "CALF", "ANKLE", "FOOT", "TOE", "LOWERLEG", "LOWEREXTREMITY", "LOWERLIMB", "HEEL",
    ),
    "palms/soles": ("PALM", "SOLE", "PALMS", "SOLES", "PALMSSOLES"),
    "oral/genital": (
        "MOUTH", "ORAL", "LIP", "TONGUE", "GENITAL", "GENITALIA", "PENIS", "VULVA", "ORALGENITAL", "SCROTUM",
    ),
}  # fmt: skip
_SITE_OF = {part: site for site, parts in _PARTS.items() for part in parts}


@dataclass(frozen=True)
class Found:
    """What a file says of the patient, in this project's words; None where it says nothing that is known here."""

    age: float | None
    """Years."""
    sex: str | None
    site: str | None


def is_dicom(data: bytes) -> bool:
    """Whether these bytes are a DICOM file, by its preamble."""
    return data[_PREAMBLE : _PREAMBLE + len(_MAGIC)] == _MAGIC


def read(file: BinaryIO, maximum_pixels: int) -> tuple[np.ndarray | bytes, Found]:
    """Read the picture of a DICOM file, and what it says of the patient.

    Args:
        file: the DICOM file.
        maximum_pixels: of which a picture may have no more.

    Returns:
        uint8 [height, width, 3], sRGB; or, of a picture that is kept as JPEG, the bytes of that.

    Raises:
        PictureError: it holds no picture, or one that is too large or too small, or that cannot be decoded.
    """
    # pydicom raises whatever the damage happens to lead to, and its messages may quote the patient: they are dropped.
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = _opened(file)
            _check(dataset, maximum_pixels)
            return _pixels(dataset), _found(dataset)
    except PictureError:
        raise
    except Exception as error:
        raise PictureError(
            f"the DICOM file cannot be decoded ({type(error).__name__}): its pixels must be 8 or 16 bits, grey or in "
            "colour, uncompressed or JPEG"
        ) from None


def _opened(file: BinaryIO) -> Any:
    file.seek(_PREAMBLE + len(_MAGIC))
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != _META_GROUP)
    if meta.TransferSyntaxUID == pydicom.uid.DeflatedExplicitVRLittleEndian:
        # It would be inflated as a whole, to a thousand times its size, before anything could be checked.
        raise PictureError("the DICOM file is deflated, which is not read here")
    file.seek(0)
    return pydicom.dcmread(file)


def _check(dataset: Any, maximum_pixels: int) -> None:
    if "PixelData" not in dataset:
        raise PictureError("the DICOM file holds no picture", "not_an_image")
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if frames != 1:
        raise PictureError(f"the DICOM file holds {frames} pictures; send one at a time")
    if rows * columns > maximum_pixels:
        raise PictureError(
            f"the picture has {columns} x {rows} pixels, more than the {maximum_pixels:,} that are decoded",
            "too_many_pixels",
        )
    if min(rows, columns) < MINIMUM_SIDE:
        raise PictureError(
            f"the picture has {columns} x {rows} pixels, and {MINIMUM_SIDE} a side is the least", "too_few_pixels"
        )


def _pixels(dataset: Any) -> np.ndarray | bytes:
    if dataset.file_meta.TransferSyntaxUID == pydicom.uid.JPEGBaseline8Bit:
        return bytes(next(generate_frames(dataset.PixelData, number_of_frames=1)))
    image = pixel_array(dataset)  # in RGB, whatever it was stored as
    if image.shape[:2] != (dataset.Rows, dataset.Columns):  # pydicom makes several pictures of too many pixels
        raise PictureError("the DICOM file holds more or fewer pixels than one picture of its size has")
    interpretation = dataset.PhotometricInterpretation
    if interpretation == "PALETTE COLOR":
        image = apply_color_lut(image, dataset)
    elif image.ndim == 2:
        image = apply_voi_lut(apply_modality_lut(image, dataset), dataset)
        return _colours(_stretched(image, inverted=interpretation == "MONOCHROME1"))
    return _colours(image if image.dtype == np.uint8 else (image >> 8).astype(np.uint8))


def _stretched(image: np.ndarray, *, inverted: bool) -> np.ndarray:
    low, high = float(image.min()), float(image.max())
    share = (image - low) / max(high - low, 1e-6)
    return np.asarray(255 * (1 - share if inverted else share), np.uint8)


def _colours(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[..., :3] if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2))


def _found(dataset: Any) -> Found:
    sex = _SEXES.get(str(dataset.get("PatientSex") or ""))
    return Found(_age(str(dataset.get("PatientAge") or "")), sex, _site(str(dataset.get("BodyPartExamined") or "")))


def _age(text: str) -> float | None:
    match = _AGE.fullmatch(text.strip())
    if not match:
        return None
    years = int(match[1]) * _YEARS[match[2]]
    return round(years, 1) if years <= MAXIMUM_AGE else None


def _site(text: str) -> str | None:
    return _SITE_OF.get(re.sub(r"[^A-Z]", "", text.upper()))
