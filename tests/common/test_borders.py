"""The border trim, on drawn pictures: what is a border, and what only looks like one."""

import numpy as np
import pytest

from components.common.borders import Box, find_border

HEIGHT, WIDTH = 180, 240
SKIN, LESION = (205, 160, 140), (35, 22, 18)

ROWS, COLUMNS = np.mgrid[:HEIGHT, :WIDTH]
WHOLE = Box(0, 0, WIDTH, HEIGHT)


def skin() -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 6, (HEIGHT, WIDTH, 3))
    return np.clip(np.array(SKIN) + noise, 0, 255).astype(np.uint8)


def disc(row: float, column: float, radius: float) -> np.ndarray:
    return (ROWS - row) ** 2 + (COLUMNS - column) ** 2 <= radius**2


def share_of_black(picture: np.ndarray, box: Box) -> float:
    return float((box.cut(picture).max(axis=2) == 0).mean())


def test_a_picture_without_border_stays_whole() -> None:
    assert find_border(skin()) == WHOLE


@pytest.mark.parametrize(("row", "column", "radius"), [(90, 120, 85), (90, 120, 120), (100, 90, 70), (90, 120, 60)])
def test_a_round_field_is_cropped_to_about_its_inscribed_square(row: int, column: int, radius: int) -> None:
    picture = skin()
    picture[~disc(row, column, radius)] = 0
    box = find_border(picture)
    square = box.square()
    assert share_of_black(picture, square) < 0.05
    assert square.width >= min(2**0.5 * radius, HEIGHT) - 4
    assert abs((box.left + box.right) / 2 - column) <= 3


def test_a_field_with_a_soft_edge_is_found() -> None:
    distance = np.hypot(ROWS - 90, COLUMNS - 120)
    light = np.clip((95 - distance) / 20, 0, 1)[..., None]
    box = find_border((skin() * light).astype(np.uint8))
    assert box.left > 25
    assert box.right < WIDTH - 25


@pytest.mark.parametrize("frame", [Box(20, 10, 220, 170), Box(0, 0, 240, 172), Box(33, 0, 240, 180)])
def test_a_rectangular_frame_is_cut_off_exactly(frame: Box) -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame.cut(picture)[:] = frame.cut(skin())
    assert find_border(picture) == frame


def test_a_frame_that_is_not_quite_black_is_cut_off() -> None:
    picture = np.random.default_rng(1).integers(0, 28, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    frame = Box(20, 10, 220, 170)
    frame.cut(picture)[:] = frame.cut(skin())
    assert find_border(picture) == frame


@pytest.mark.parametrize(
    ("row", "column", "radius"),
    [(90, 120, 60), (90, 0, 60), (0, 120, 70), (179, 200, 50), (0, 0, 60)],
    ids=["centre", "left edge", "top edge", "bottom edge", "corner"],
)
def test_a_dark_lesion_is_left_alone(row: int, column: int, radius: int) -> None:
    picture = skin()
    picture[disc(row, column, radius)] = LESION
    assert find_border(picture) == WHOLE


def test_a_dark_lesion_in_a_round_field_stays_in_the_crop() -> None:
    picture = skin()
    lesion = disc(90, 120, 45)
    picture[lesion] = LESION
    picture[~disc(90, 120, 80)] = 0
    box = find_border(picture)
    assert box.cut(lesion).sum() == lesion.sum()
    assert box.left > 40


def test_dark_hair_that_runs_out_of_two_corners_is_no_border() -> None:
    picture = skin()
    picture[np.abs(ROWS - COLUMNS) <= 1] = 10
    picture[np.abs(ROWS + COLUMNS - WIDTH + 1) <= 1] = 10
    assert find_border(picture) == WHOLE


def test_a_black_picture_stays_whole() -> None:
    assert find_border(np.zeros((HEIGHT, WIDTH, 3), np.uint8)) == WHOLE


def test_a_picture_that_would_lose_more_than_the_limit_stays_whole() -> None:
    picture = skin()
    picture[~disc(90, 120, 30)] = 0
    assert find_border(picture) == WHOLE


def test_a_picture_of_one_row_is_no_error() -> None:
    assert find_border(np.full((1, 256, 3), 200, np.uint8)) == Box(0, 0, 256, 1)


def test_a_box_grows_with_its_picture_without_reaching_over_its_edge() -> None:
    assert Box(10, 0, 90, 60).scaled((60, 100, 3), (452, 601, 3)) == Box(61, 0, 540, 452)
    assert Box(0, 0, 3, 3).scaled((3, 3), (1000, 1000)) == Box(0, 0, 1000, 1000)


def test_the_square_of_a_box_lies_at_its_centre() -> None:
    assert Box(10, 20, 110, 80).square() == Box(30, 20, 90, 80)
