"""Gradients of a batch taken in parts."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.train.gradients import accumulated_gradients, branched_gradients

NETWORK = keras.Sequential([keras.layers.Input((5,)), keras.layers.Dense(7, activation="relu"), keras.layers.Dense(1)])
INPUTS = tf.constant(np.random.default_rng(0).normal(size=(12, 5)), tf.float32)
EXPECTED = tf.constant(np.random.default_rng(1).normal(size=(12, 1)), tf.float32)


def loss(part: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, tf.Tensor]:
    inputs, expected = part
    errors = tf.reduce_sum(tf.square(NETWORK(inputs) - expected))
    return errors / 12, tf.stack([errors, tf.cast(tf.shape(inputs)[0], tf.float32)])


@pytest.mark.parametrize("parts", [2, 3, 12])
def test_the_gradients_are_those_of_the_whole_batch(parts: int) -> None:
    whole, figures = accumulated_gradients(loss, NETWORK.trainable_variables, [INPUTS, EXPECTED], 1)
    taken = tf.function(lambda: accumulated_gradients(loss, NETWORK.trainable_variables, [INPUTS, EXPECTED], parts))
    gradients, sums = taken()
    for gradient, expected in zip(gradients, whole, strict=True):
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
    np.testing.assert_allclose(sums, figures, rtol=1e-6)
    assert sums[1] == 12


@pytest.mark.parametrize(("branches", "parts"), [(1, 1), (2, 1), (3, 2)])
def test_branches_add_up_to_the_whole_batch_too(branches: int, parts: int) -> None:
    variables = NETWORK.trainable_variables
    whole, figures = accumulated_gradients(loss, variables, [INPUTS, EXPECTED], 1)
    taken = tf.function(
        lambda: branched_gradients(
            lambda batch: accumulated_gradients(loss, variables, batch, parts), [INPUTS, EXPECTED], branches
        )
    )
    gradients, sums = taken()
    for gradient, expected in zip(gradients, whole, strict=True):
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
    np.testing.assert_allclose(sums, figures, rtol=1e-6)


def test_xla_compiles_parts_too() -> None:
    whole, _ = accumulated_gradients(loss, NETWORK.trainable_variables, [INPUTS, EXPECTED], 1)
    taken = tf.function(
        lambda: accumulated_gradients(loss, NETWORK.trainable_variables, [INPUTS, EXPECTED], 3), jit_compile=True
    )
    for gradient, expected in zip(taken()[0], whole, strict=True):
        np.testing.assert_allclose(gradient, expected, atol=1e-6)
