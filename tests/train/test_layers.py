"""Layers whose settings are variables."""

import keras
import numpy as np
import pytest

from components.train.layers import Dropout, Factor


def test_dropout_drops_its_share_in_training_only() -> None:
    rate = keras.Variable(0.0, trainable=False)
    layer, ones = Dropout(rate, seed=0), np.ones((100, 100), np.float32)
    np.testing.assert_array_equal(layer(ones, training=True), ones)
    rate.assign(0.4)
    dropped = np.asarray(layer(ones, training=True))
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.02)
    assert dropped.mean() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(layer(ones, training=False), ones)


def test_a_factor_multiplies_by_what_its_variable_holds_now() -> None:
    factor = keras.Variable(1.0, trainable=False)
    layer, ones = Factor(factor), np.ones((2, 3), np.float32)
    factor.assign(0.5)
    np.testing.assert_array_equal(layer(ones), ones * 0.5)
    assert not layer.trainable_weights
