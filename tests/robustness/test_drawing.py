"""Drawing on a picture."""

import numpy as np
import pytest

from components.robustness.drawing import Sheet

INK = (0, 0, 0)


def white(side: int) -> np.ndarray:
    return np.full((side, side, 3), 255, np.uint8)


@pytest.mark.parametrize("side", [64, 96, 768])
def test_a_line_takes_its_share_of_the_picture_at_any_size(side: int) -> None:
    sheet = Sheet(side)
    sheet.curve(np.array([[-0.1, 0.5], [1.1, 0.5]]), 0.01)
    covered = 1.0 - sheet.over(white(side), INK, 1.0).mean() / 255
    assert covered == pytest.approx(0.01, rel=0.35)


def test_a_fine_line_on_a_small_picture_is_grey_and_not_black() -> None:
    sheet = Sheet(96)
    sheet.curve(np.array([[0.0, 0.1], [1.0, 0.8]]), 0.004)
    assert 60 < sheet.over(white(96), INK, 1.0).min() < 200


def test_opacity_says_how_much_of_the_picture_is_covered() -> None:
    sheet = Sheet(96)
    sheet.disc(np.array([0.5, 0.5]), 0.2, 1.0)
    assert sheet.over(white(96), INK, 0.6)[48, 48].tolist() == pytest.approx([102] * 3, abs=1)


def test_what_is_not_drawn_on_stays_as_it_was() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (96, 96, 3), np.uint8)
    sheet = Sheet(96)
    sheet.disc(np.array([0.25, 0.25]), 0.1, 1.0)
    assert np.array_equal(sheet.over(picture, INK, 1.0)[50:], picture[50:])


def test_a_number_stands_where_it_should() -> None:
    sheet = Sheet(96)
    sheet.text("7", np.array([0.75, 0.25]), 0.2)
    rows, columns = np.nonzero(sheet.over(white(96), INK, 1.0)[..., 0] < 128)
    assert (rows.mean() / 96, columns.mean() / 96) == pytest.approx((0.25, 0.75), abs=0.05)
