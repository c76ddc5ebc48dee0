"""From the bytes of a picture file to the square crops a model sees: the one home of it, for training and for serving.

A picture is decoded once for all crop sizes, its black border is cut off, the centre square of what remains is resized.
Arrays are uint8 [height, width, 3], sRGB, throughout.

libvips (https://www.libvips.org) decodes and resizes: it shrinks a large JPEG while decoding it, which is several times
faster than decoding it whole.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyvips

from components.common.borders import MINIMUM_SHARE, Box, find_border
from components.common.errors import DataError

# libvips reports every step of its work at level INFO.
logging.getLogger("pyvips").setLevel(logging.WARNING)

MAXIMUM_PIXELS = 100_000_000
MINIMUM_SIDE = 16

JPEG_QUALITY = 95

_THUMBNAIL_SIDE = 256

# The first bytes of a file tell its kind; libvips' other loaders (SVG, PDF and more) are never given a stranger's file.
_LOADERS: dict[bytes, str] = {
    b"\xff\xd8\xff": "jpegload_buffer",
    b"\x89PNG\r\n\x1a\n": "pngload_buffer",
    b"II*\x00": "tiffload_buffer",
    b"MM\x00*": "tiffload_buffer",
    b"RIFF": "webpload_buffer",
}


@dataclass(frozen=True)
class Prepared:
    """A picture, ready for the models."""

    crops: dict[int, np.ndarray]
    """For each crop size its picture: uint8 [size, size, 3]."""
    trimmed: float
    """Share of the picture's area that was cut off as border."""


def prepare(data: bytes, sizes: Sequence[int]) -> Prepared:
    """Decode a picture file, cut its border off and make the square crops.

    Args:
        data: the bytes of a JPEG, PNG, TIFF or WebP file.
        sizes: side lengths of the crops, in pixels.

    Raises:
        DataError: the file cannot be decoded, see `decode`.
    """
    image = decode(data, largest_crop=max(sizes))
    box = border(image)
    height, width = image.shape[:2]
    return Prepared(square_crops(box.cut(image), sizes), trimmed=1.0 - box.width * box.height / (width * height))


def decode(data: bytes, *, largest_crop: int | None = None) -> np.ndarray:
    """Decode a picture file: upright (EXIF orientation), in sRGB (embedded colour profile), transparency over black.

    Args:
        data: the bytes of a JPEG, PNG, TIFF or WebP file: grey, RGB, CMYK or palette, 8 or 16 bits, with alpha or not.
        largest_crop: side of the largest crop wanted, in pixels. A larger JPEG is then decoded at a half, a quarter or
            an eighth of its size, never so small that a crop would lack resolution after the border is cut off.

    Returns:
        uint8 [height, width, 3].

    Raises:
        DataError: not such a file, truncated or damaged, larger than `MAXIMUM_PIXELS`, or a side shorter than
            `MINIMUM_SIDE`.
    """
    loader = next((name for magic, name in _LOADERS.items() if data.startswith(magic)), None)
    if loader is None:
        raise DataError("the file is not a JPEG, PNG, TIFF or WebP picture: its first bytes are " + repr(data[:8]))
    try:
        header = _load(loader, data)
        _check_size(header.width, header.height)
        shrink = _shrink(header, largest_crop) if loader == "jpegload_buffer" else 1
        image = _upright(_srgb(_load(loader, data, shrink=shrink) if shrink > 1 else header))
        return np.asarray(image.numpy(), np.uint8)
    except pyvips.Error as error:
        raise DataError(f"the picture cannot be decoded: {_last_line(error)}") from error


def thumbnail(image: np.ndarray) -> np.ndarray:
    """A copy of at most 256 px a side (the mean of blocks of pixels), for `find_border` and for showing."""
    block = -(-max(image.shape) // _THUMBNAIL_SIDE)
    return np.asarray(_vips(image).shrink(block, block, ceil=True).numpy(), np.uint8)


def border(image: np.ndarray) -> Box:
    """The part of a picture that lies within its black border, in the picture's pixels."""
    small = thumbnail(image)
    return find_border(small).scaled(small.shape, image.shape)


def square_crops(image: np.ndarray, sizes: Sequence[int]) -> dict[int, np.ndarray]:
    """Resize the centre square of a picture to each size.

    Args:
        image: uint8 [height, width, 3], without border.
        sizes: side lengths, in pixels.

    Returns:
        For each size uint8 [size, size, 3]: reduced with an antialiased Lanczos kernel, or enlarged with a cubic one.
    """
    height, width = image.shape[:2]
    square = Box(0, 0, width, height).square()
    source = _vips(square.cut(image))
    crops = {}
    for size in sizes:
        kernel = "lanczos3" if size < square.width else "cubic"
        crops[size] = np.asarray(source.resize(size / square.width, kernel=kernel).numpy(), np.uint8)
    return crops


def encode_jpeg(image: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """Encode a picture as JPEG with full colour resolution (4:4:4), so that fine colour is not lost twice."""
    data: bytes = _vips(image).jpegsave_buffer(Q=quality, subsample_mode="off", keep="none")
    return data


def use_one_thread() -> None:
    """Make libvips work in the calling thread alone, and keep nothing: for a process that is one of several."""
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)


def _load(loader: str, data: bytes, **options: Any) -> Any:
    return getattr(pyvips.Image, loader)(data, access="sequential", fail_on="error", **options)


def _check_size(width: int, height: int) -> None:
    if width * height > MAXIMUM_PIXELS:
        raise DataError(f"the picture has {width} x {height} pixels, more than the {MAXIMUM_PIXELS:,} that are decoded")
    if min(width, height) < MINIMUM_SIDE:
        raise DataError(f"the picture has {width} x {height} pixels, and {MINIMUM_SIDE} a side is the least")


def _shrink(header: Any, largest_crop: int | None) -> int:
    """The factor (1, 2, 4 or 8) to decode at, such that the smallest possible trimmed picture still covers the crop."""
    if largest_crop is None:
        return 1
    trimmed_side = min(header.width, header.height) * MINIMUM_SHARE
    return next((factor for factor in (8, 4, 2) if trimmed_side / factor >= largest_crop), 1)


def _srgb(image: Any) -> Any:
    """Convert to three bands of 8 bits."""
    if image.format not in ("uchar", "ushort"):
        raise DataError(f"the picture's values are of type {image.format}; 8 or 16 bits are read here")
    if image.hasalpha():
        image = image.flatten()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, depth=8)
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.bands != 3 or image.format != "uchar":
        raise DataError(
            f"the picture's pixels ({image.bands} bands of {image.format}) are of no kind that is read here"
        )
    return image


def _upright(image: Any) -> Any:
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        return image.copy_memory().autorot()
    return image


def _vips(image: np.ndarray) -> Any:
    return pyvips.Image.new_from_array(np.ascontiguousarray(image), interpretation="srgb")


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2].strip()
