"""Real pictures of other things than skin, to ask the model whether it notices: scikit-image's sample pictures.

People and animals, things, textures, sky, print, tissue and cells under a microscope, a retina: nothing that the model
was made for, some of it (tissue, retina) nearer to it than the rest.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from skimage import data

# Those that are in its wheel; it would download others.
_PICTURES: tuple[Callable[[], np.ndarray], ...] = (
    data.astronaut, data.brick, data.camera, data.cell, data.chelsea, data.clock, data.coffee, data.coins, data.grass,
    data.gravel, data.hubble_deep_field, data.immunohistochemistry, data.moon, data.page, data.retina, data.rocket,
    data.text,
)  # fmt: skip

# Side of a detail, in shares of the picture's shorter side.
_DETAIL = 2 / 3


@dataclass(frozen=True)
class NonLesion:
    """A picture, or a part of one."""

    name: str
    """Of the whole picture: parts of one have it in common."""
    picture: np.ndarray
    """uint8 [crop, crop, 3]."""


def non_lesions(crop: int) -> list[NonLesion]:
    """The centre square of each sample picture, and its four corners, larger.

    Args:
        crop: side length in pixels.
    """
    return [
        NonLesion(sample.__name__, cv2.resize(part, (crop, crop), interpolation=_interpolation(part, crop)))
        for sample in _PICTURES
        for part in _parts(_coloured(sample()))
    ]


def _coloured(image: np.ndarray) -> np.ndarray:
    return image if image.ndim == 3 else np.repeat(image[..., None], 3, axis=2)


def _parts(image: np.ndarray) -> Iterator[np.ndarray]:
    height, width = image.shape[:2]
    side = min(height, width)
    yield _square(image, (height - side) // 2, (width - side) // 2, side)
    detail = round(_DETAIL * side)
    for top in (0, height - detail):
        for left in (0, width - detail):
            yield _square(image, top, left, detail)


def _square(image: np.ndarray, top: int, left: int, side: int) -> np.ndarray:
    return image[top : top + side, left : left + side]


def _interpolation(image: np.ndarray, side: int) -> int:
    return cv2.INTER_AREA if len(image) > side else cv2.INTER_CUBIC
