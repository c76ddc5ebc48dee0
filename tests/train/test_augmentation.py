"""Augmentation by keras-cv."""

import numpy as np
import pytest
import tensorflow as tf

from components.train.augmentation import Augmenter

IMAGES = tf.constant(np.random.default_rng(0).uniform(0, 255, (8, 32, 32, 3)).astype(np.float32))


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_shape_type_and_range_stay(strength: float) -> None:
    images = Augmenter(strength, seed=0)(IMAGES)
    assert images.shape == IMAGES.shape
    assert images.dtype == tf.float32
    assert 0 <= float(tf.reduce_min(images)) <= float(tf.reduce_max(images)) <= 255


def augmented(strength: float, seed: int) -> np.ndarray:
    """As in training, inside tf.data."""
    (batch,) = tf.data.Dataset.from_tensors(IMAGES).map(Augmenter(strength, seed)).as_numpy_iterator()
    return batch


def test_the_seed_decides() -> None:
    tf.random.set_seed(0)
    one, same, other = (augmented(1.0, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert np.abs(one - other).max() > 10


def test_no_strength_leaves_light_and_colour_alone() -> None:
    flat = tf.fill((4, 32, 32, 3), 200.0)
    np.testing.assert_allclose(Augmenter(0.0, seed=0)(flat), 200, atol=0.01)
    assert np.abs(Augmenter(1.0, seed=0)(flat) - 200).max() > 5
