from dataclasses import replace

import numpy as np

from components.common.taxonomy import CLASSES
from components.local.lesions import PLATE_SIDE, TYPICAL, draw_lesion, noise, plate


def test_every_class_has_a_typical_lesion() -> None:
    assert tuple(TYPICAL) == CLASSES


def test_lesions_of_one_class_differ_but_stay_near_their_class() -> None:
    rng = np.random.default_rng(0)
    lesions = [draw_lesion("MEL", rng) for _ in range(50)]
    assert len({lesion.melanin for lesion in lesions}) == 50
    assert np.median([lesion.melanin for lesion in lesions]) > 2 * TYPICAL["UNK"].melanin


def test_a_plate_is_the_same_each_time_and_follows_the_seed() -> None:
    lesion = replace(TYPICAL["NV"], seed=3)
    assert np.array_equal(plate(lesion), plate(lesion))
    assert not np.array_equal(plate(lesion), plate(replace(lesion, seed=4)))


def test_a_plate_is_pigmented_in_the_centre_and_clear_at_the_edge() -> None:
    painted = plate(TYPICAL["NV"])
    assert painted.shape == (PLATE_SIDE, PLATE_SIDE, 4)
    assert painted.dtype == np.float32
    middle = PLATE_SIDE // 2
    assert painted[middle, middle, :3].min() > 0.2
    assert np.abs(painted[0]).max() < 0.02


def test_noise_has_mean_zero_and_deviation_one() -> None:
    field = noise(np.random.default_rng(0), (90, 120), 20, 5)
    assert field.shape == (90, 120)
    assert abs(field.mean()) < 1e-4
    assert abs(field.std() - 1) < 1e-4
