"""What camera, hand and file do."""

import numpy as np
import pytest

from components.robustness import capture

GREY = np.full((96, 96, 3), 100, np.uint8)


def random() -> np.random.Generator:
    return np.random.default_rng(1)


def point(side: int) -> np.ndarray:
    picture = np.zeros((side, side, 3), np.uint8)
    picture[side // 2 - 1 : side // 2 + 2, side // 2 - 1 : side // 2 + 2] = 255
    return picture


@pytest.mark.parametrize("side", [96, 512])
def test_blur_leaves_an_even_picture_as_it_was(side: int) -> None:
    even = np.full((side, side, 3), 100, np.uint8)
    for blurred in (capture.defocus(even, 0.045, random()), capture.motion(even, 0.1, random())):
        assert np.abs(blurred.astype(int) - 100).max() <= 1
    assert np.abs(capture.zoom(even, 0.2, random()).astype(int) - 100).max() <= 1


def test_a_point_out_of_focus_becomes_a_disc_and_one_in_motion_a_line() -> None:
    disc, line = capture.defocus(point(96), 0.04, random()), capture.motion(point(96), 0.12, random())
    rows, columns = np.nonzero(disc[..., 0])
    assert np.ptp(rows) == np.ptp(columns) > 6
    assert len(rows) > 1.2 * len(np.nonzero(line[..., 0])[0])


def test_noise_has_the_spread_it_should() -> None:
    noise = capture.gaussian_noise(GREY, 0.1, random()).astype(float) - 100
    assert (noise.mean(), noise.std()) == pytest.approx((0.0, 25.5), abs=0.7)


def test_fewer_photons_make_more_noise_and_keep_the_light() -> None:
    few, many = (capture.shot_noise(GREY, photons, random()).astype(float) for photons in (20, 200))
    assert few.std() > 2 * many.std()
    linear = ((many / 255) ** 2.2).mean()
    assert linear == pytest.approx((100 / 255) ** 2.2, rel=0.03)


def test_impulses_are_black_and_white_in_equal_parts() -> None:
    picture = capture.impulse_noise(GREY, 0.2, random())
    shares = [(picture == value).all(axis=2).mean() for value in (0, 255, 100)]
    assert shares == pytest.approx([0.1, 0.1, 0.8], abs=0.02)


def test_jpeg_keeps_red_red() -> None:
    red = np.zeros((96, 96, 3), np.uint8)
    red[..., 0] = 200
    assert capture.jpeg(red, 25, random()).reshape(-1, 3).mean(axis=0) == pytest.approx([200, 0, 0], abs=6)


def test_what_is_turned_or_moved_in_from_outside_is_the_mirror_image() -> None:
    for moved in (capture.rotation(GREY, 45, random()), capture.crop_shift(GREY, 0.2, random())):
        assert np.array_equal(moved, GREY)
