"""Layers whose settings are variables, so that one traced graph serves every training of a search."""

from typing import Any

import keras


class Dropout(keras.layers.Layer):
    """Dropout whose rate is a variable.

    Args:
        rate: share of the values that are dropped.
        seed: of the choice.
    """

    def __init__(self, rate: keras.Variable, seed: int) -> None:
        super().__init__(dtype="float32")
        self._rate = rate
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop values of [batch, features] at random in training, and scale up the rest."""
        if not training:
            return inputs
        kept = keras.random.uniform(keras.ops.shape(inputs), seed=self._generator) >= self._rate
        return inputs * keras.ops.cast(kept, inputs.dtype) / keras.ops.cast(1.0 - self._rate, inputs.dtype)


class Factor(keras.layers.Layer):
    """Multiplication by a variable.

    Args:
        factor: the variable; it is not trained.
    """

    def __init__(self, factor: keras.Variable) -> None:
        super().__init__(dtype="float32")
        self._factor = factor

    def call(self, inputs: Any) -> Any:
        """Multiply."""
        return inputs * self._factor
