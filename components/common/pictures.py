"""From the bytes of a picture file to the square crops a model sees: the one home of it, for training and for serving.

A picture is decoded once for all crop sizes, its black border is cut off, the centre square of what remains is resized.
Arrays are uint8 [height, width, 3], sRGB, throughout.

Two libraries share the work. libjpeg-turbo (https://libjpeg-turbo.org, by way of simplejpeg) reads and writes common
JPEGs: the same pixels as from libvips in two thirds of the time, in half of it at a reduced size. libvips
(https://www.libvips.org) reads all other files and every header, converts colours, and resizes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyvips
import simplejpeg

from components.common.borders import MINIMUM_SHARE, Box, find_border
from components.common.errors import DataError

# libvips reports every step of its work at level INFO, and damage, which PictureError tells of, at level WARNING.
logging.getLogger("pyvips").setLevel(logging.ERROR)

MAXIMUM_PIXELS = 100_000_000
MINIMUM_SIDE = 16

JPEG_QUALITY = 95

PREPROCESSING_VERSION = "2"
"""To be raised whenever the same picture would give other pixels: a model must be given what it was trained on."""

_THUMBNAIL_SIDE = 256

# A JPEG can be decoded at 1/2, 1/4 or 1/8 of its size. For each of these, by how much at least it must still be reduced
# to the largest crop, so that the crop is within 45 dB of that from the whole picture (measured on dermoscopic pictures
# of 3 to 7 megapixels: 46.5 dB at 1/2 without any further reduction, 48.4 dB at 1/4 and 1/8 with a further 2).
_FURTHER_REDUCTION = {8: 2.0, 4: 2.0, 2: 1.0}

# Pictures of few pixels are sharp to the last one: there it takes more to stay within 45 dB than the time is worth. So
# none is decoded at less than this many pixels a side.
_LEAST_REDUCED_SIDE = 768

# The first bytes of a file tell its kind; libvips' other loaders (SVG, PDF and more) are never given a stranger's file.
_LOADERS: dict[bytes, str] = {
    b"\xff\xd8\xff": "jpegload_buffer",
    b"\x89PNG\r\n\x1a\n": "pngload_buffer",
    b"II*\x00": "tiffload_buffer",
    b"MM\x00*": "tiffload_buffer",
    b"RIFF": "webpload_buffer",
}

# What changes the pixels of a file once they are read.
_METADATA = ("icc-profile-data", "orientation")

Flaw = Literal["not_an_image", "too_many_pixels", "too_few_pixels", "truncated_image", "undecodable_image"]


class PictureError(DataError):
    """A file holds no picture that can be used."""

    def __init__(self, message: str, flaw: Flaw = "undecodable_image") -> None:
        super().__init__(message)
        self.flaw = flaw
        """Which of the reasons it is, for a caller that counts them."""


@dataclass(frozen=True)
class Prepared:
    """A picture, ready for the models."""

    crops: dict[int, np.ndarray]
    """For each crop size its picture: uint8 [size, size, 3]."""
    box: Box
    """The part within the border; the crops show the square at its centre."""
    shape: tuple[int, ...]
    """[height, width, 3] of the picture as it was decoded, perhaps at a reduced size: `box` is in its pixels."""

    @property
    def trimmed(self) -> float:
        """Share of the picture's area that was cut off as border."""
        return 1.0 - self.box.width * self.box.height / (self.shape[0] * self.shape[1])


@dataclass(frozen=True)
class Field:
    """A decoded picture, and what of it lies within its black border."""

    image: np.ndarray
    """uint8 [height, width, 3], perhaps at a reduced size."""
    box: Box
    """Within the border, in the pixels of `image`; the crops show the square at its centre."""
    look: np.ndarray
    """That square, small: uint8 [side, side, 3], the means of blocks of pixels, at most 256 a side."""
    width: int
    """Of the whole picture in pixels, upright."""
    height: int

    def crops(self, sizes: Sequence[int]) -> dict[int, np.ndarray]:
        """The square at the centre of the box at each size, see `square_crops`."""
        return _crops(self.image, self.box, sizes)


@dataclass(frozen=True)
class Small:
    """A picture, decoded as small as is cheap."""

    image: np.ndarray
    """uint8 [height, width, 3]."""
    width: int
    """Of the whole picture in pixels, as stored (before any EXIF rotation)."""
    height: int


def prepare(data: bytes, sizes: Sequence[int]) -> Prepared:
    """Decode a picture file, cut its border off and make the square crops.

    A large JPEG is decoded at a reduced size that is enough for the largest crop if there is no border, as is usual.
    Where a border is found, and too little remains for the crop, it is decoded a second time, larger.

    Args:
        data: the bytes of a JPEG, PNG, TIFF or WebP file.
        sizes: side lengths of the crops, in pixels.

    Raises:
        PictureError: the file cannot be decoded, see `decode`.
    """
    field = decode_field(data, sizes)
    return Prepared(field.crops(sizes), field.box, field.image.shape)


def decode_field(data: bytes, sizes: Sequence[int], maximum_pixels: int = MAXIMUM_PIXELS) -> Field:
    """Decode a picture file and find its border: `prepare` without the crops, which `Field.crops` gives.

    Args:
        data: as for `prepare`.
        sizes: as for `prepare`.
        maximum_pixels: of which a picture may have no more.

    Raises:
        PictureError: the file cannot be decoded, see `decode`.
    """
    file = _File(data, maximum_pixels)
    shrink = file.shrink(max(sizes))
    image = file.decode(shrink)
    small = thumbnail(image)
    within = find_border(small)
    box = within.scaled(small.shape, image.shape)
    enough = file.shrink(max(sizes), kept=min(box.width, box.height) / min(image.shape[:2]))
    if enough < shrink:
        image = file.decode(enough)
        box = within.scaled(small.shape, image.shape)
    lies = (file.width > file.height) != (image.shape[1] > image.shape[0])
    width, height = (file.height, file.width) if lies else (file.width, file.height)
    return Field(image, box, within.square().cut(small), width, height)


def field_of(image: np.ndarray) -> Field:
    """The same for a picture that is decoded already: uint8 [height, width, 3]."""
    small = thumbnail(image)
    within = find_border(small)
    box = within.scaled(small.shape, image.shape)
    return Field(image, box, within.square().cut(small), image.shape[1], image.shape[0])


def decode(data: bytes, *, largest_crop: int | None = None) -> np.ndarray:
    """Decode a picture file: upright (EXIF orientation), in sRGB (embedded colour profile), transparency over black.

    Args:
        data: the bytes of a JPEG, PNG, TIFF or WebP file: grey, RGB, CMYK or palette, 8 or 16 bits, with alpha or not.
        largest_crop: side of the largest crop wanted, in pixels. A larger JPEG is then decoded at a half, a quarter or
            an eighth of its size, never so small that a crop would lack resolution after the border is cut off.

    Returns:
        uint8 [height, width, 3].

    Raises:
        PictureError: not such a file, truncated or damaged, larger than `MAXIMUM_PIXELS`, or a side shorter than
            `MINIMUM_SIDE`.
    """
    file = _File(data)
    return file.decode(1 if largest_crop is None else file.shrink(largest_crop, kept=MINIMUM_SHARE))


def decode_small(data: bytes, side: int = _THUMBNAIL_SIDE) -> Small:
    """Decode a picture file as cheaply as it goes, for a look at it: all its bytes are read, so damage is noticed.

    Args:
        data: as for `decode`.
        side: in pixels. The longer side of the picture becomes at least this and less than twice this; a smaller
            picture stays as it is.

    Raises:
        PictureError: as for `decode`.
    """
    file = _File(data)
    longer = max(file.width, file.height)
    image = file.decode(next((factor for factor in (8, 4, 2) if longer // factor >= side), 1))
    block = max(image.shape) // side
    return Small(_block_means(image, block) if block > 1 else image, file.width, file.height)


def thumbnail(image: np.ndarray, side: int = _THUMBNAIL_SIDE) -> np.ndarray:
    """A copy of at most 256 px a side, or `side` (the mean of blocks of pixels), for `find_border` and for showing."""
    return _block_means(image, -(-max(image.shape) // side))


def border(image: np.ndarray) -> Box:
    """The part of a picture that lies within its black border, in the picture's pixels."""
    return field_of(image).box


def square_crops(image: np.ndarray, sizes: Sequence[int]) -> dict[int, np.ndarray]:
    """Resize the centre square of a picture to each size.

    Args:
        image: uint8 [height, width, 3], without border.
        sizes: side lengths, in pixels.

    Returns:
        For each size uint8 [size, size, 3]: reduced with an antialiased Lanczos kernel, or enlarged with a cubic one.
    """
    height, width = image.shape[:2]
    return _crops(image, Box(0, 0, width, height), sizes)


def encode_jpeg(image: np.ndarray, quality: int = JPEG_QUALITY) -> bytes:
    """Encode a picture as JPEG with full colour resolution (4:4:4), so that fine colour is not lost twice."""
    return simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality, "RGB", "444")


def as_recorded(image: np.ndarray) -> np.ndarray:
    """The pixels that a model learns from: those that are left once the records have kept the picture as JPEG.

    A crop that was never encoded is sharper than any that the model has seen. A trained network of 80 px gave
    probabilities for it that differed by up to 0.09.
    """
    return np.asarray(simplejpeg.decode_jpeg(encode_jpeg(image)), np.uint8)


def use_one_thread() -> None:
    """Make libvips work in the calling thread alone, and keep nothing: for a process that is one of several."""
    pyvips.concurrency_set(1)
    pyvips.cache_set_max(0)


class _File:
    """A picture file whose header is read and found good; its pixels are not touched yet.

    Raises:
        PictureError: no such file, or too large or too small.
    """

    def __init__(self, data: bytes, maximum_pixels: int = MAXIMUM_PIXELS) -> None:
        loader = next((name for magic, name in _LOADERS.items() if data.startswith(magic)), None)
        if loader is None:
            raise PictureError(
                f"the file is not a JPEG, PNG, TIFF or WebP picture: its first bytes are {data[:8]!r}", "not_an_image"
            )
        self._data, self._loader = data, loader
        try:
            self._header = self._open(fail_on="error")
        except pyvips.Error as error:
            raise _undecodable(data, error) from error
        self.width: int = self._header.width
        self.height: int = self._header.height
        _check_size(self.width, self.height, maximum_pixels)

    def shrink(self, largest_crop: int, kept: float = 1.0) -> int:
        """The factor (1, 2, 4 or 8) by which to reduce the picture while decoding it.

        Args:
            largest_crop: in pixels.
            kept: how much of the shorter side remains once the border is cut off, 0 to 1.
        """
        if self._loader != "jpegload_buffer":
            return 1
        side = min(self.width, self.height) * kept
        return next(
            (
                factor
                for factor, further in _FURTHER_REDUCTION.items()
                if side / factor >= max(further * largest_crop, _LEAST_REDUCED_SIDE)
            ),
            1,
        )

    def decode(self, shrink: int = 1) -> np.ndarray:
        """All pixels, upright and in sRGB: uint8 [height, width, 3].

        Args:
            shrink: as `shrink` gives it; files other than JPEG always have their full size.

        Raises:
            PictureError: truncated, damaged, or of a kind that is not read here.
        """
        try:
            pixels = self._common_jpeg(shrink)
            if pixels is not None and not self._changes():
                return pixels
            image = self._any_kind(shrink) if pixels is None else self._with_metadata(_vips(pixels))
            return np.asarray(_upright(_srgb(image)).numpy(), np.uint8)
        except pyvips.Error as error:
            raise _undecodable(self._data, error) from error

    def _common_jpeg(self, shrink: int) -> np.ndarray | None:
        """The stored pixels of a JPEG of three colours in one scan; None for all else, and where anything is amiss."""
        several_scans = self._header.get_typeof("interlaced")
        if self._loader != "jpegload_buffer" or self._header.interpretation != "srgb" or several_scans:
            return None
        try:
            # The smallest size that libjpeg offers and that is not smaller than this: 1 / shrink.
            return simplejpeg.decode_jpeg(
                self._data, min_height=-(-self.height // shrink), min_width=-(-self.width // shrink)
            )
        except ValueError:
            return None

    def _any_kind(self, shrink: int) -> Any:
        """The picture as libvips reads it; libvips limits the number of scans of a JPEG, each of which takes time."""
        if self._loader != "jpegload_buffer":
            return self._header
        # What libjpeg warns of means wrong pixels; it is silent about stray bytes behind the last of them.
        return self._open(fail_on="warning", shrink=shrink).copy_memory()

    def _open(self, **options: Any) -> Any:
        return getattr(pyvips.Image, self._loader)(self._data, access="sequential", **options)

    def _changes(self) -> list[str]:
        """Names of the metadata that is there and changes the pixels."""
        upright = self._header.get_typeof("orientation") and self._header.get("orientation") <= 1
        return [name for name in _METADATA if self._header.get_typeof(name) and not (name == "orientation" and upright)]

    def _with_metadata(self, image: Any) -> Any:
        for name in self._changes():
            image.set_type(self._header.get_typeof(name), name, self._header.get(name))
        return image


def _check_size(width: int, height: int, maximum_pixels: int) -> None:
    if width * height > maximum_pixels:
        raise PictureError(
            f"the picture has {width} x {height} pixels, more than the {maximum_pixels:,} that are decoded",
            "too_many_pixels",
        )
    if min(width, height) < MINIMUM_SIDE:
        raise PictureError(
            f"the picture has {width} x {height} pixels, and {MINIMUM_SIDE} a side is the least", "too_few_pixels"
        )


def _undecodable(data: bytes, error: Exception) -> PictureError:
    message = f"the picture cannot be decoded: {_last_line(error)}"
    return PictureError(message, "truncated_image" if _is_truncated(data, message) else "undecodable_image")


def _is_truncated(data: bytes, message: str) -> bool:
    if data.startswith(b"\x89PNG"):
        return b"IEND" not in data
    if data.startswith(b"RIFF"):
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return "premature end of jpeg" in message.lower()


def _srgb(image: Any) -> Any:
    """Convert to three bands of 8 bits."""
    if image.format not in ("uchar", "ushort"):
        raise PictureError(f"the picture's values are of type {image.format}; 8 or 16 bits are read here")
    if image.hasalpha():
        image = image.flatten()
    if image.get_typeof("icc-profile-data"):
        image = image.icc_transform("srgb", embedded=True, depth=8)
    if image.interpretation != "srgb":
        image = image.colourspace("srgb")
    if image.bands != 3 or image.format != "uchar":
        raise PictureError(
            f"the picture's pixels ({image.bands} bands of {image.format}) are of no kind that is read here"
        )
    return image


def _upright(image: Any) -> Any:
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        return image.copy_memory().autorot()
    return image


def _block_means(image: np.ndarray, block: int) -> np.ndarray:
    return np.asarray(_vips(image).shrink(block, block, ceil=True).numpy(), np.uint8)


def _crops(image: np.ndarray, box: Box, sizes: Sequence[int]) -> dict[int, np.ndarray]:
    """See `square_crops`; `box` is the part within the border."""
    square = box.square()
    source = _vips(image).crop(square.left, square.top, square.width, square.height)
    crops = {}
    for size in sizes:
        kernel = "lanczos3" if size < square.width else "cubic"
        crops[size] = np.asarray(source.resize(size / square.width, kernel=kernel).numpy(), np.uint8)
    return crops


def _vips(image: np.ndarray) -> Any:
    """The same pixels for libvips, not copied."""
    height, width, bands = image.shape
    memory = pyvips.Image.new_from_memory(np.ascontiguousarray(image), width, height, bands, "uchar")
    return memory.copy(interpretation="srgb")


def _last_line(error: Exception) -> str:
    return str(error).strip().rpartition("\n")[2].strip()
