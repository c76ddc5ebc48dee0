"""Light."""

import numpy as np

from components.robustness.illumination import centred_places, shaded, shadow, temperature, uneven

GREY = np.full((96, 96, 3), 120, np.uint8)


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_light_becomes_warmer_or_colder_and_green_stays() -> None:
    pictures = [temperature(GREY, 40.0, random(seed)).astype(int) for seed in range(8)]
    warmer = {bool((picture[..., 0] > picture[..., 2]).all()) for picture in pictures}
    assert warmer == {True, False}
    assert all((picture[..., 1] == 120).all() for picture in pictures)


def test_uneven_light_leaves_the_mean_as_it_was() -> None:
    for seed in range(8):
        picture = uneven(GREY, 0.5, random(seed))
        assert abs(picture.mean() - 120) < 2
        assert (picture.min() < 70, picture.max() > 170) == (True, True)


def test_a_shadow_has_a_soft_edge_and_leaves_part_of_the_picture_in_full_light() -> None:
    for seed in range(8):
        picture = shadow(GREY, 0.5, random(seed))[..., 0].astype(int)
        assert 0.15 < (picture == 120).mean() < 0.8
        assert 0.15 < (picture <= 61).mean() < 0.8
        assert np.abs(np.diff(picture, axis=1)).max() < 12


def test_what_lies_on_the_edge_loses_half_of_the_depth() -> None:
    beyond = np.broadcast_to(centred_places(97), (97, 97))
    assert abs(int(shaded(np.full((97, 97, 3), 200, np.uint8), 0.5, beyond, 0.1)[0, 48, 0]) - 150) <= 1
