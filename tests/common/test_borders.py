"""The border trim, on drawn and on real pictures: what is a border, and what only looks like one."""

from pathlib import Path

import numpy as np
import pytest

from components.common.borders import Box, find_border
from components.common.pictures import decode, thumbnail

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


@pytest.mark.parametrize(
    "frame",
    [Box(20, 10, 220, 170), Box(0, 0, 240, 172), Box(33, 0, 240, 180), Box(0, 0, 180, 150), Box(30, 20, 240, 180)],
    ids=["all sides", "bottom", "left", "right and bottom", "left and top"],
)
def test_a_rectangular_frame_is_cut_off_exactly(frame: Box) -> None:
    picture = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    frame.cut(picture)[:] = frame.cut(skin())
    assert find_border(picture) == frame


def test_the_edges_of_a_wide_box_are_judged_within_its_centre_square() -> None:
    picture = skin()
    picture[~disc(90, 120, 130)] = 0
    box = find_border(picture)
    assert (box.top, box.bottom) == (0, HEIGHT)
    assert box.square().width == HEIGHT


def test_a_bluish_frame_is_cut_off() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), (18, 22, 55), np.uint8)
    frame = Box(20, 10, 220, 170)
    frame.cut(picture)[:] = frame.cut(skin())
    assert find_border(picture) == frame


def test_a_bright_line_around_a_border_does_not_hide_it() -> None:
    picture = skin()
    picture[~disc(90, 120, 85)] = 20
    without = find_border(picture)
    picture[0], picture[-1], picture[:, 0], picture[:, -1] = 112, 160, 200, 220
    assert find_border(picture) == without
    assert without.left > 30


def test_a_dark_line_at_the_edge_is_cut_off() -> None:
    picture = skin()
    picture[:, -1] = 5
    assert find_border(picture) == Box(0, 0, WIDTH - 1, HEIGHT)


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


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (7, 9)])
def test_a_tiny_picture_stays_whole(shape: tuple[int, int]) -> None:
    assert find_border(np.full((*shape, 3), 180, np.uint8)) == Box(0, 0, shape[1], shape[0])


def real(isic: Path, name: str) -> np.ndarray:
    file = next(isic.rglob(f"ISIC_{name}.jpg"), None)
    if file is None:
        pytest.skip(f"ISIC_{name}.jpg is not in this sample of ISIC images")
    return thumbnail(decode(file.read_bytes(), largest_crop=256))


def darkest_corner(crop: np.ndarray) -> float:
    """Brightness of the darkest corner, a patch of a 25th of the side, as a share of the skin's."""
    grey = crop.mean(axis=2)
    side = max(3, crop.shape[0] // 25)
    ends = slice(None, side), slice(-side, None)
    return float(min(np.median(grey[rows, columns]) for rows in ends for columns in ends) / np.percentile(grey, 75))


@pytest.mark.parametrize(
    ("name", "lesion"),
    [
        pytest.param("0000269", (0.20, 0.28, 0.73, 0.74), id="a round field, whole"),
        pytest.param("0033466", (0.33, 0.45, 0.61, 0.60), id="a round field cut at top and bottom"),
        pytest.param("0032949", (0.36, 0.37, 0.62, 0.70), id="a round field with a fading rim"),
        pytest.param("0000011", (0.24, 0.19, 0.71, 0.74), id="a bright line along the left edge"),
        pytest.param("0000072", (0.33, 0.31, 0.70, 0.84), id="a bright line, a black lesion"),
        pytest.param("2789384", (0.54, 0.51, 0.73, 0.73), id="dark brown corners"),
        pytest.param("9999134", (0.42, 0.32, 0.53, 0.62), id="glare between dark corners"),
        pytest.param("0030440", (0.40, 0.25, 0.62, 0.65), id="a black lesion"),
        pytest.param("0025319", (0.30, 0.20, 0.70, 0.70), id="a field off the centre"),
    ],
)
def test_a_real_border_is_cut_off_around_the_lesion(
    isic: Path, name: str, lesion: tuple[float, float, float, float]
) -> None:
    """The lesions' places were found by eye, as shares of the picture's width and height."""
    picture = real(isic, name)
    height, width = picture.shape[:2]
    crop = find_border(picture).square()
    left, top, right, bottom = lesion
    assert crop.left <= left * width
    assert crop.top <= top * height
    assert crop.right >= right * width
    assert crop.bottom >= bottom * height
    assert darkest_corner(crop.cut(picture)) > 0.28
    assert crop.width >= 0.85 * min(height, width)


@pytest.mark.parametrize(
    ("name", "least"),
    [
        pytest.param("0032531", 1.0, id="a dark lesion"),
        pytest.param("1005683", 1.0, id="a black lesion over most of the picture"),
        pytest.param("2667748", 1.0, id="a brown lesion over two corners"),
        pytest.param("0470224", 1.0, id="a violet lesion over all corners"),
        pytest.param("0602889", 1.0, id="thick hair"),
        pytest.param("0405211", 0.97, id="a bar below, a black lesion"),
    ],
)
def test_a_real_picture_without_border_keeps_its_square(isic: Path, name: str, least: float) -> None:
    picture = real(isic, name)
    assert find_border(picture).square().width >= least * min(picture.shape[:2])


def test_a_box_grows_with_its_picture_without_reaching_over_its_edge() -> None:
    assert Box(10, 0, 90, 60).scaled((60, 100, 3), (452, 601, 3)) == Box(61, 0, 540, 452)
    assert Box(0, 0, 3, 3).scaled((3, 3), (1000, 1000)) == Box(0, 0, 1000, 1000)


def test_the_square_of_a_box_lies_at_its_centre() -> None:
    assert Box(10, 20, 110, 80).square() == Box(30, 20, 90, 80)
