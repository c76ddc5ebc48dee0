"""What lies between a lesion and the lens."""

from collections.abc import Callable

import numpy as np
import pytest

from components.robustness import obstruction

GREY = np.full((96, 96, 3), 150, np.uint8)


def random() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.mark.parametrize(
    ("draw", "less", "more"),
    [(obstruction.hair, 5, 20), (obstruction.ink, 2, 6), (obstruction.dark_corners, 0.6, 0.45)],
)
def test_more_covers_what_less_covers_and_more(draw: Callable[..., np.ndarray], less: float, more: float) -> None:
    covered = [np.abs(draw(GREY, amount, random()).astype(int) - 150).max(axis=2) > 40 for amount in (less, more)]
    assert (covered[1] | ~covered[0]).all()
    assert covered[1].sum() > 1.5 * covered[0].sum()


def test_hair_is_dark_and_of_one_colour() -> None:
    picture = obstruction.hair(np.full((576, 576, 3), 150, np.uint8), 20, random())
    darkest = picture.reshape(-1, 3)[picture.sum(axis=2).ravel() < 300]
    assert len(darkest) > 1000
    assert np.ptp(np.median(darkest, axis=0)) < 80


def test_a_ruler_runs_along_one_side() -> None:
    drawn = (obstruction.ruler(GREY, 0.05, random()) < 100).any(axis=2)
    assert sum(side.any() for side in (drawn[0], drawn[-1], drawn[:, 0], drawn[:, -1])) >= 1
    assert not drawn[24:-24, 24:-24].any()


def test_ink_is_violet_and_leaves_the_middle_free() -> None:
    picture = obstruction.ink(GREY, 9, random())
    inked = picture[np.abs(picture.astype(int) - 150).max(axis=2) > 60]
    assert (inked[:, 2] > inked[:, 0]).all()
    assert (inked[:, 0] > inked[:, 1]).all()
    assert (picture[40:56, 40:56] == 150).all()


def test_bubbles_have_bright_and_dark_places() -> None:
    picture = obstruction.bubbles(GREY, 25, random())
    assert picture.max() > 200
    assert picture.min() < 125


def test_all_beyond_the_round_field_of_view_is_black() -> None:
    picture = obstruction.dark_corners(GREY, 0.45, random())
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 10
    assert (picture[48, 48] == 150).all()


def test_a_patch_takes_its_share() -> None:
    changed = (obstruction.patch(GREY, 0.25, random()) != GREY).any(axis=2)
    assert changed.mean() == pytest.approx(0.25**2, rel=0.05)
