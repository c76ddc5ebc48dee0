import numpy as np
import pytest
from PIL import Image

from components.cad.decoding import decode
from components.common.pictures import PictureError, as_recorded, prepare
from tests.cad.damage.pictures import damaged_picture
from tests.cad.pictures import dicom, encoded, jpeg
from tests.robustness.conftest import lesion

CROPS = [16, 32]
PIXELS = 1_000_000


def framed() -> np.ndarray:
    """A lesion in a wide picture with black at both ends: uint8 [300, 500, 3]."""
    image = np.zeros((300, 500, 3), np.uint8)
    image[:, 100:400] = lesion(1, 300)
    return image


def test_the_crops_are_those_that_training_saw() -> None:
    data = jpeg(1, 700)

    picture = decode(data, CROPS, PIXELS)

    for size, crop in prepare(data, CROPS).crops.items():
        np.testing.assert_array_equal(picture.crops[size], as_recorded(crop))


def test_the_crop_is_told_in_the_whole_pictures_pixels() -> None:
    picture = decode(encoded(framed(), "PNG"), CROPS, PIXELS)

    assert (picture.width, picture.height) == (500, 300)
    left, top, right, bottom = picture.square
    assert right - left == bottom - top
    assert (left, right) == (pytest.approx(100, abs=8), pytest.approx(400, abs=8))


def test_a_picture_that_is_decoded_small_or_turned_is_told_of_as_a_whole() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    wide = np.repeat(np.repeat(framed(), 6, axis=0), 6, axis=1)

    picture = decode(encoded(wide, "JPEG", exif=exif), CROPS, 10_000_000)

    assert (picture.width, picture.height) == (1800, 3000)
    left, top, right, bottom = picture.square
    assert right - left == pytest.approx(bottom - top, abs=8)
    assert (top, bottom) == (pytest.approx(600, abs=48), pytest.approx(2400, abs=48))


def test_a_preview_is_made_of_what_browsers_do_not_show() -> None:
    image = lesion(1, 300)

    assert decode(encoded(image, "PNG"), CROPS, PIXELS).preview is None
    for data in (encoded(image, "TIFF"), dicom(image)):
        preview = decode(data, CROPS, PIXELS).preview
        assert preview is not None
        assert preview.startswith(b"\xff\xd8")


def test_brightness_is_the_mean_of_what_is_seen() -> None:
    grey = np.full((100, 100, 3), 51, np.uint8)

    assert decode(encoded(grey, "PNG"), CROPS, PIXELS).brightness == pytest.approx(0.2)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\0" * 200, b"\0" * 128 + b"DICM"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError):
        decode(data, CROPS, PIXELS)


def test_damage_of_any_kind_ends_in_a_picture_or_a_picture_error() -> None:
    outcomes = set()
    for seed in range(240):
        try:
            _, picture = damaged_picture(np.random.default_rng(seed))
            outcomes.add(decode(picture, CROPS, PIXELS).crops[32].shape)
        except PictureError as error:
            outcomes.add(error.flaw)

    assert {(32, 32, 3), "undecodable_image", "not_an_image"} <= outcomes
