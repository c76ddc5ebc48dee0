"""Tiles for a gallery: what is drawn, what is cropped, how much room they take."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.common.borders import Box
from components.common.contact_sheet import SIDE, before_and_after, outlined, single
from components.common.pictures import decode

SKIN, BLACK = (205, 160, 140), (0, 0, 0)
GREEN = (0, 200, 0)


def framed(height: int, width: int, within: Box) -> np.ndarray:
    """Skin in a black frame."""
    image = np.full((height, width, 3), BLACK, np.uint8)
    within.cut(image)[:] = SKIN
    return image


def opened(jpeg: bytes) -> np.ndarray:
    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return np.asarray(image)


def green_box(image: np.ndarray) -> Box:
    rows, columns = np.nonzero((image[..., 1] > 150) & (image[..., 0] < 90) & (image[..., 2] < 90))
    return Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_the_square_is_drawn_into_the_picture_and_the_crop_lies_beside_it() -> None:
    tile = before_and_after(framed(480, 640, Box(102, 39, 540, 441)), "ISIC_1, MEL")
    before, after = map(opened, tile.pictures)
    assert tile.caption == "ISIC_1, MEL"
    assert before.shape == (160, 214, 3)
    drawn = green_box(before)
    expected = Box(40, 13, 174, 147)
    assert np.allclose(
        [drawn.left, drawn.top, drawn.right, drawn.bottom],
        [expected.left, expected.top, expected.right, expected.bottom],
        atol=2,
    )
    assert after.shape == (SIDE, SIDE, 3)
    assert np.abs(after.astype(int) - SKIN).max() < 12


def test_a_picture_without_border_shows_its_centre_square() -> None:
    before, _ = map(opened, before_and_after(np.full((100, 200, 3), SKIN, np.uint8), "").pictures)
    assert green_box(before) == Box(50, 0, 150, 100)


def test_a_picture_by_itself_keeps_its_shape_and_shrinks_to_a_thumbnail() -> None:
    tile = single(np.full((1000, 2000, 3), SKIN, np.uint8), "twice in the data")
    (picture,) = map(opened, tile.pictures)
    assert picture.shape == (125, 250, 3)
    assert tile.caption == "twice in the data"


def test_a_box_is_drawn_on_its_inner_side_and_the_picture_itself_is_left_as_it_was() -> None:
    image = np.full((20, 30, 3), SKIN, np.uint8)
    drawn = outlined(image, Box(5, 4, 25, 16))
    assert (image == SKIN).all()
    assert (drawn[4, 5:25] == GREEN).all()
    assert (drawn[15, 5:25] == GREEN).all()
    assert (drawn[6:14, 7:23] == SKIN).all()
    assert (drawn[:4] == SKIN).all()


@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 400, 3)])
def test_the_smallest_pictures_have_tiles_too(shape: tuple[int, int, int]) -> None:
    assert len(before_and_after(np.full(shape, SKIN, np.uint8), "").pictures) == 2


def test_24_real_pictures_before_and_after_take_less_than_a_megabyte(isic: Path) -> None:
    files = sorted((isic / "2019" / "ISIC_2019_Training_Input").glob("*.jpg"))[::50][:24]
    tiles = [before_and_after(decode(file.read_bytes(), largest_crop=SIDE), file.stem) for file in files]
    assert sum(len(picture) for tile in tiles for picture in tile.pictures) < 750_000
