"""Known maps and what is said of them."""

import math

import numpy as np
import pytest

from components.robustness.heatmaps import likeness, outlined, overlaid, share_inside

LEFT = np.zeros((8, 8), bool)
LEFT[:, :4] = True


def a_map(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def test_an_even_map_has_the_lesions_share_of_the_area_on_it() -> None:
    lesion = np.zeros((9, 9), bool)
    lesion[2:5, 3:8] = True
    assert share_inside(np.full((3, 3), 0.7, np.float32), lesion) == pytest.approx(15 / 81)


def test_bilinear_enlarging_spills_what_it_must() -> None:
    """From 2 to 8 columns, the first one's weights are 1, 1, 7/8, 5/8, 3/8, 1/8, 0, 0: 3.5 of 4 on the left."""
    assert share_inside(a_map([1, 0], [1, 0]), LEFT) == pytest.approx(3.5 / 4)
    assert share_inside(a_map([0, 1], [0, 1]), LEFT) == pytest.approx(0.5 / 4)


def test_what_speaks_against_the_class_is_no_energy() -> None:
    assert share_inside(a_map([1, -5], [1, -5]), LEFT) == share_inside(a_map([1, 0], [1, 0]), LEFT)
    assert math.isnan(share_inside(a_map([-1, -2], [-3, 0]), LEFT))
    assert math.isnan(share_inside(a_map([math.nan, 1], [1, 1]), LEFT))


def test_likeness_is_by_rank() -> None:
    one = a_map([1, 2], [3, 4])
    assert likeness(one, np.exp(one)) == pytest.approx(1)
    assert likeness(one, -one) == pytest.approx(-1)
    assert likeness(one, a_map([1, 2], [4, 3])) == pytest.approx(0.8)


@pytest.mark.parametrize("other", [[2.0, 2.0], [math.nan, 1.0], [math.inf, 1.0]])
def test_a_map_that_is_even_or_no_number_is_like_none(other: list[float]) -> None:
    assert math.isnan(likeness(a_map([1, 2]), a_map(other)))


def test_where_the_map_is_highest_the_picture_turns_yellow_and_elsewhere_dark() -> None:
    shown = overlaid(np.full((8, 8, 3), 128, np.uint8), a_map([1, 0], [0, 0]))
    assert (shown.dtype, shown.shape) == (np.uint8, (8, 8, 3))
    red, green, blue = shown[0, 0].astype(int)
    assert min(red, green) > blue
    assert (shown[7, 7] < 60).all()


def test_a_map_without_energy_leaves_the_picture() -> None:
    picture = np.full((8, 8, 3), 128, np.uint8)
    assert np.array_equal(overlaid(picture, a_map([-1, -1], [-1, -2])), picture)


def test_the_outline_goes_around_the_lesion_on_a_copy() -> None:
    picture, lesion = np.full((40, 40, 3), 128, np.uint8), np.zeros((40, 40), bool)
    lesion[10:30, 10:30] = True
    drawn = (outlined(picture, lesion) != picture).any(axis=2)
    assert drawn[10, 10:30].all()
    assert not drawn[14:26, 14:26].any()
    assert not drawn[:8].any()
    assert (picture == 128).all()
    assert np.array_equal(outlined(picture, None), picture)
