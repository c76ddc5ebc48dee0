"""Pictures with captions for a report's gallery: one as it came, or with its crop beside it."""

import numpy as np

from components.common.borders import Box
from components.common.pictures import border, encode_jpeg, square_crops, thumbnail
from components.common.report import Tile

# Side of the crop in pixels. A gallery shows it 144 px high: a little more keeps it sharp.
SIDE = 192

_JPEG_QUALITY = 80

_PEN, _PEN_WIDTH = (0, 200, 0), 2


def single(image: np.ndarray, caption: str) -> Tile:
    """A picture by itself.

    Args:
        image: uint8 [height, width, 3].
        caption: what a reader should know of it; the text for those who cannot see it, too.
    """
    return Tile([encode_jpeg(thumbnail(image), _JPEG_QUALITY)], caption)


def before_and_after(image: np.ndarray, caption: str) -> Tile:
    """A picture with the square that is cropped drawn in, and beside it the crop.

    Args:
        image: uint8 [height, width, 3], as `pictures.decode` gives it.
        caption: as for `single`.
    """
    small, within = thumbnail(image), border(image)
    before = outlined(small, within.square().scaled(image.shape, small.shape))
    after = square_crops(within.cut(image), [SIDE])[SIDE]
    return Tile([encode_jpeg(before, _JPEG_QUALITY), encode_jpeg(after, _JPEG_QUALITY)], caption)


def outlined(image: np.ndarray, box: Box) -> np.ndarray:
    """A copy of a picture, uint8 [height, width, 3], with a box drawn in, the line on its inner side."""
    copy = image.copy()
    box.cut(copy)[:] = _PEN
    inner = slice(_PEN_WIDTH, -_PEN_WIDTH)
    box.cut(copy)[inner, inner] = box.cut(image)[inner, inner]
    return copy
