"""From the bytes that a client sent to what the model takes: sniffed, bounded, cropped by the code of preprocess.

What the client says of a file (its name, its type) is not looked at.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from components.cad import dicom
from components.cad.dicom import Found
from components.cad.quality import Flaw, inspect
from components.cad.records.images import digest
from components.common.pictures import Field, as_recorded, decode_field, encode_jpeg, field_of, thumbnail

PREVIEW_SIDE = 1024
"""Of the picture that is sent back where a browser cannot show the file, in pixels, at most."""

_PREVIEW_QUALITY = 85

# What browsers show: JPEG, PNG and WebP.
_SHOWN = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")


@dataclass(frozen=True)
class Picture:
    """One picture, ready for the model."""

    digest: str
    """SHA-256 of the file."""
    crops: dict[int, np.ndarray]
    """For each crop size uint8 [size, size, 3], as the records would have kept it."""
    width: int
    """Of the whole picture in pixels, upright."""
    height: int
    square: tuple[int, int, int, int]
    """Left, top, right and bottom of what the crops show, in the whole picture's pixels."""
    brightness: float
    """Mean of what the crops show, 0 to 1."""
    flaws: tuple[Flaw, ...]
    found: Found | None
    """What a DICOM file says of the patient; None for other files."""
    preview: bytes | None
    """The whole picture as JPEG, of at most `PREVIEW_SIDE` pixels a side, where browsers do not show such a file."""


def decode(data: bytes, crops: Sequence[int], maximum_pixels: int) -> Picture:
    """Decode one file.

    Args:
        data: the bytes of a JPEG, PNG, TIFF, WebP or DICOM file.
        crops: that the model takes, in pixels.
        maximum_pixels: of which the picture may have no more.

    Raises:
        PictureError: there is no picture in it that can be used.
    """
    stored, found = dicom.read(io.BytesIO(data), maximum_pixels) if dicom.is_dicom(data) else (data, None)
    field = decode_field(stored, crops, maximum_pixels) if isinstance(stored, bytes) else field_of(stored)
    preview = None if found is None and data.startswith(_SHOWN) else _preview(field.image)
    return _picture(digest(data), field, crops, found, preview)


def _preview(image: np.ndarray) -> bytes:
    return encode_jpeg(thumbnail(image, PREVIEW_SIDE), _PREVIEW_QUALITY)


def _picture(sha256: str, field: Field, crops: Sequence[int], found: Found | None, preview: bytes | None) -> Picture:
    square = field.box.square()
    scale = field.width / field.image.shape[1]
    made = field.crops(crops)
    left, top, right, bottom = (round(edge * scale) for edge in (square.left, square.top, square.right, square.bottom))
    return Picture(
        digest=sha256,
        crops={crop: as_recorded(made[crop]) for crop in crops},
        width=field.width,
        height=field.height,
        square=(left, top, right, bottom),
        brightness=float(field.look.mean()) / 255.0,
        flaws=inspect(field.look, square.width * scale, max(crops)),
        found=found,
        preview=preview,
    )
