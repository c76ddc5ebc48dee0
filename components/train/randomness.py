"""Random numbers for tf.data: each batch brings a seed, and what is drawn for it is a function of that seed alone.

keras-cv's layers draw from TensorFlow's global generator, and their factors from operations that each keep a state of
their own. A state depends on all that was drawn before, by pipelines that were given up and still read ahead too; and
under op determinism, tf.data carries out a map that has a state for one batch at a time. Without a state, any batch of
any epoch can be made on its own, and many at once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import keras_cv
import numpy as np
import tensorflow as tf


def generator(*numbers: int) -> np.random.Generator:
    """NumPy's random numbers for a key, such as a seed and an epoch; keys that differ a little differ in all.

    Args:
        numbers: the key, 0 or greater.
    """
    return np.random.default_rng(numbers)


def draw_seeds(random: np.random.Generator, count: int) -> np.ndarray:
    """Seeds for as many batches, int64 [count, 2]."""
    return random.integers(np.iinfo(np.int64).max, size=(count, 2), dtype=np.int64)


class Randomness:
    """Draws within `seeded`, by the seed given there; has the methods of `tf.random.Generator` that keras-cv calls.

    randomness = Randomness()
    with randomness.seeded(seed):
        angles = randomness.uniform((batch,), 0.0, 6.28)
    """

    def __init__(self) -> None:
        self._seed: tf.Tensor | None = None
        self._drawn = 0

    @contextmanager
    def seeded(self, seed: tf.Tensor) -> Iterator[None]:
        """Draw by this seed, int64 [2], until the block ends; blocks may be nested."""
        outer = self._seed, self._drawn
        self._seed, self._drawn = seed, 0
        try:
            yield
        finally:
            self._seed, self._drawn = outer

    def uniform(
        self, shape: Any, minval: Any = 0, maxval: Any = None, dtype: tf.DType = tf.float32, name: str | None = None
    ) -> tf.Tensor:
        """As `tf.random.Generator.uniform`."""
        return tf.random.stateless_uniform(shape, self._next(), minval, maxval, dtype, name)

    def normal(
        self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: tf.DType = tf.float32, name: str | None = None
    ) -> tf.Tensor:
        """As `tf.random.Generator.normal`."""
        return tf.random.stateless_normal(shape, self._next(), mean, stddev, dtype, name)

    def seeds(self, count: int | tf.Tensor) -> tf.Tensor:
        """Seeds to draw for each picture by itself, int64 [count, 2]."""
        return self.uniform((count, 2), None, None, tf.int64)

    def govern(self, build: Callable[[], keras.layers.Layer]) -> keras.layers.Layer:
        """Build a keras-cv layer that draws from here, and computes in float32 whatever Keras' policy."""
        tf.random.set_global_generator(self)  # keras-cv's layers take it when they are built
        layer = build()
        for part in layer._flatten_layers():
            part.dtype_policy = "float32"
            part.built = True  # or Keras tries the layer before its first call: other numbers than in later calls
            for name, value in list(vars(part).items()):
                if isinstance(value, keras_cv.core.FactorSampler):
                    setattr(part, name, _governed(value, self))
        return layer

    def _next(self) -> tf.Tensor:
        if self._seed is None:
            raise RuntimeError("random numbers are drawn within `seeded` only")
        self._drawn += 1
        return self._seed + tf.constant([0, self._drawn], tf.int64)


def _governed(sampler: keras_cv.core.FactorSampler, randomness: Randomness) -> keras_cv.core.FactorSampler:
    if isinstance(sampler, keras_cv.core.UniformFactorSampler):
        return _Uniform(sampler.lower, sampler.upper, randomness)
    if isinstance(sampler, keras_cv.core.NormalFactorSampler):
        return _Normal(sampler, randomness)
    return sampler


class _Uniform(keras_cv.core.FactorSampler):
    def __init__(self, lower: float, upper: float, randomness: Randomness) -> None:
        self._lower, self._upper, self._randomness = lower, upper, randomness

    def __call__(self, shape: Any = (), dtype: str = "float32") -> tf.Tensor:
        return self._randomness.uniform(shape, self._lower, self._upper, tf.as_dtype(dtype))


class _Normal(keras_cv.core.FactorSampler):
    def __init__(self, sampler: keras_cv.core.NormalFactorSampler, randomness: Randomness) -> None:
        self._sampler, self._randomness = sampler, randomness

    def __call__(self, shape: Any = (), dtype: str = "float32") -> tf.Tensor:
        drawn = self._randomness.normal(shape, self._sampler.mean, self._sampler.stddev, tf.as_dtype(dtype))
        return tf.clip_by_value(drawn, self._sampler.min_value, self._sampler.max_value)
