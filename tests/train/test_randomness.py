"""Random numbers that are a function of a seed."""

import keras
import keras_cv
import numpy as np
import pytest
import tensorflow as tf

from components.train.randomness import Randomness, draw_seeds, generator

SEED = tf.constant([1, 2], tf.int64)


def drawn(randomness: Randomness, seed: tf.Tensor) -> list[np.ndarray]:
    with randomness.seeded(seed):
        return [randomness.uniform((4,)).numpy(), randomness.normal((4,)).numpy(), randomness.uniform((4,)).numpy()]


def test_the_seed_decides_whatever_was_drawn_before() -> None:
    randomness = Randomness()
    first, other, again = (drawn(randomness, seed) for seed in (SEED, SEED + 1, SEED))
    np.testing.assert_array_equal(first, again)
    assert (np.array(first) != np.array(other)).all()


def test_each_draw_is_another() -> None:
    one, _, third = drawn(Randomness(), SEED)
    assert (one != third).all()


def test_a_block_within_does_not_change_what_follows() -> None:
    randomness = Randomness()
    with randomness.seeded(SEED):
        randomness.uniform((4,))
        with randomness.seeded(SEED + 7):
            randomness.uniform((4,))
        following = randomness.normal((4,)).numpy()
    np.testing.assert_array_equal(following, drawn(randomness, SEED)[1])


def test_nothing_is_drawn_without_a_seed() -> None:
    with pytest.raises(RuntimeError, match="within `seeded`"):
        Randomness().uniform((4,))


def test_a_governed_layer_and_its_factors_follow_the_seed_in_float32() -> None:
    images = tf.random.stateless_uniform((4, 16, 16, 3), (0, 1), 0.0, 255.0)
    keras.config.set_dtype_policy("mixed_float16")
    try:
        randomness = Randomness()
        layer = randomness.govern(lambda: keras_cv.layers.RandomColorJitter((0, 255), 0.3, 0.3, (0.2, 0.8), 0.1))
        results = []
        for seed in (SEED, SEED + 1, SEED):
            with randomness.seeded(seed):
                results.append(layer(images, training=True))
    finally:
        keras.config.set_dtype_policy("float32")
    assert results[0].dtype == tf.float32
    np.testing.assert_array_equal(results[0], results[2])
    assert np.abs(results[0] - results[1]).max() > 10


def test_neighbouring_keys_have_nothing_in_common() -> None:
    one, same, other = (draw_seeds(generator(*key), 100) for key in ((0, 1), (0, 1), (1, 0)))
    np.testing.assert_array_equal(one, same)
    assert one.shape == (100, 2)
    assert not set(one.ravel()) & set(other.ravel())
