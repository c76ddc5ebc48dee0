"""The segmentation, on drawn lesions."""

import cv2
import numpy as np
import pytest

from components.robustness.corruptions import CORRUPTIONS, corrupt
from components.robustness.segmentation import segment

SKIN, BROWN = (205, 165, 150), (120, 75, 60)


def skin(side: int = 192, seed: int = 0) -> np.ndarray:
    """Skin with noise and uneven light."""
    random = np.random.default_rng(seed)
    light = 1.0 + 0.05 * np.linspace(-1, 1, side)[:, None, None]
    return np.clip(light * SKIN + random.normal(0, 6, (side, side, 3)), 0, 255).astype(np.uint8)


def ellipse(side: int, centre: tuple[float, float], axes: tuple[float, float]) -> np.ndarray:
    """bool [side, side]; places and sizes are shares of the side."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    return np.hypot((x - centre[0]) / axes[0], (y - centre[1]) / axes[1]) <= 1.0


def with_lesion(picture: np.ndarray, lesion: np.ndarray, colour: tuple[int, int, int] = BROWN) -> np.ndarray:
    """The picture with a lesion of soft edges."""
    soft = cv2.GaussianBlur(lesion.astype(np.float32), (0, 0), len(picture) / 100)[..., None]
    return np.rint(picture * (1 - soft) + np.array(colour) * soft).astype(np.uint8)


def overlap(found: np.ndarray | None, lesion: np.ndarray) -> float:
    """Intersection over union."""
    assert found is not None
    assert (found.dtype, found.shape) == (np.dtype(bool), lesion.shape)
    return float((found & lesion).sum() / (found | lesion).sum())


@pytest.mark.parametrize("side", [32, 96, 192, 512])
def test_a_disc_on_noisy_skin_is_found_at_any_size(side: int) -> None:
    lesion = ellipse(side, (0.5, 0.5), (0.25, 0.25))
    assert overlap(segment(with_lesion(skin(side), lesion)), lesion) > 0.93


@pytest.mark.parametrize("colour", [BROWN, (160, 60, 70), (90, 90, 120), (215, 150, 90)])
def test_brown_red_blue_and_yellow_lesions_are_found(colour: tuple[int, int, int]) -> None:
    lesion = ellipse(192, (0.45, 0.55), (0.3, 0.2))
    assert overlap(segment(with_lesion(skin(), lesion, colour)), lesion) > 0.93


def test_hair_does_not_hide_it() -> None:
    lesion = ellipse(192, (0.5, 0.5), (0.28, 0.22))
    hair = next(one for one in CORRUPTIONS if one.name == "hair")
    assert overlap(segment(corrupt(with_lesion(skin(), lesion), hair, 2, "a", 0)), lesion) > 0.9


def test_dark_corners_are_not_taken_for_it() -> None:
    lesion = ellipse(192, (0.5, 0.5), (0.2, 0.2))
    picture = with_lesion(skin(), lesion)
    picture[~ellipse(192, (0.5, 0.5), (0.6, 0.6))] = 8
    assert overlap(segment(picture), lesion) > 0.9


def test_glare_is_not_taken_for_it_and_a_pale_middle_is_part_of_it() -> None:
    lesion = ellipse(192, (0.4, 0.5), (0.2, 0.25))
    picture = with_lesion(with_lesion(skin(), lesion), ellipse(192, (0.4, 0.5), (0.06, 0.06)), SKIN)
    picture[ellipse(192, (0.8, 0.3), (0.12, 0.12))] = 255
    assert overlap(segment(picture), lesion) > 0.93


def test_of_two_the_one_nearer_the_centre_is_taken() -> None:
    near, far = ellipse(192, (0.5, 0.5), (0.15, 0.15)), ellipse(192, (0.88, 0.88), (0.17, 0.17))
    assert overlap(segment(with_lesion(with_lesion(skin(), near), far)), near) > 0.9


@pytest.mark.parametrize(
    "lesion",
    [
        ellipse(192, (0.5, 0.5), (0.05, 0.05)),
        ellipse(192, (0.5, 0.5), (0.67, 0.67)),
        ellipse(192, (0.5, 0.5), (0.35, 0.35)) & ~ellipse(192, (0.5, 0.35), (0.32, 0.32)),
    ],
    ids=["a dot", "most of the frame", "a sickle"],
)
def test_what_is_no_lesion_by_size_place_or_shape_is_none(lesion: np.ndarray) -> None:
    assert segment(with_lesion(skin(), lesion)) is None


def test_an_even_picture_has_none() -> None:
    assert segment(np.full((96, 96, 3), 180, np.uint8)) is None
    assert segment(np.zeros((96, 96, 3), np.uint8)) is None
