"""Making rare classes count."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.train.imbalance import class_weights, focal_factor, focal_gamma, resampled, sampling_shares

COUNTS = np.array([80, 15, 5, 0, 0, 0, 0, 0, 0])
LABELS = np.random.default_rng(0).permutation(np.repeat(np.arange(9), COUNTS))


def test_full_weighting_makes_all_classes_count_alike() -> None:
    weights = class_weights(COUNTS, 1.0)
    np.testing.assert_allclose((weights * COUNTS)[:3], 100 / 3, rtol=1e-5)
    assert weights[3] == 0
    np.testing.assert_allclose(class_weights(COUNTS, 0.0)[:3], 1, rtol=1e-6)


@pytest.mark.parametrize("exponent", [0.0, 0.4, 1.0])
def test_shares_are_what_weights_would_make_of_the_frequencies(exponent: float) -> None:
    shares = sampling_shares(COUNTS, exponent)
    np.testing.assert_allclose(shares, COUNTS / 100 * class_weights(COUNTS, exponent), rtol=1e-5)
    assert shares.sum() == pytest.approx(1)


def test_resampling_draws_classes_by_their_shares_and_their_images_equally_often() -> None:
    drawn = resampled(LABELS, 1.0, np.random.default_rng(0))
    assert len(drawn) == 100
    assert sorted(np.bincount(LABELS[drawn])) == [33, 33, 34]
    for label in range(3):
        times = np.bincount(drawn, minlength=100)[label == LABELS]
        assert times.max() - times.min() <= 1


def test_without_strength_every_image_is_drawn_once() -> None:
    one, other = (resampled(LABELS, 0.0, np.random.default_rng(seed)) for seed in (0, 1))
    np.testing.assert_array_equal(np.sort(one), np.arange(100))
    np.testing.assert_array_equal(np.sort(other), np.arange(100))
    assert (one != other).any()


def test_large_splits_are_drawn_whole_too() -> None:
    labels = np.repeat(np.arange(9), [6001, 20003, 3323, 867, 239, 253, 628, 1, 27125])
    assert len(set(resampled(labels, 0.0, np.random.default_rng(0)))) == len(labels)
    assert len(resampled(labels, 0.37, np.random.default_rng(0))) == len(labels)


def test_focal_loss_forgets_what_is_known() -> None:
    targets, probabilities = np.eye(2, dtype=np.float32), np.array([[0.9, 0.1], [0.6, 0.4]], np.float32)
    np.testing.assert_allclose(focal_factor(targets, probabilities, 2.0), [0.1**2, 0.6**2], rtol=1e-4)
    np.testing.assert_array_equal(focal_factor(targets, targets, focal_gamma(0.0)), 1)
    assert focal_gamma(1.0) == 4


def test_focal_losss_exponent_may_be_a_variable_and_its_slope_is_finite_where_all_is_known() -> None:
    gamma = keras.Variable(0.5, trainable=False)
    logits = tf.Variable([[90.0, 0.0]])
    with tf.GradientTape() as tape:
        factor = focal_factor(tf.constant([[1.0, 0.0]]), tf.nn.softmax(logits), gamma)
    assert np.isfinite(tape.gradient(factor, logits)).all()
