"""The Gaussian process of the search: what a point not yet tried would score, and how unsure that is.

It is scikit-optimize's, with three changes that a search of some twenty points in eight dimensions needs:

- A kernel that is partly a sum over the settings, with one length scale for all (`kernel.PartlyAdditive`). A scale for
  each cannot be told from so few points, and fits chance.
- A prior on the length scale and on the noise (maximum a posteriori instead of maximum likelihood), so that the first
  few points cannot make the process certain of nonsense. Compare Hvarfner et al. 2024 (arXiv 2402.02229).
- Bad values are lifted to a floor. A training that fell apart is far below all others; told as it is, it would leave
  no contrast among those that the search has to tell apart.
"""

import copy
import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import WhiteKernel
from skopt.space import Categorical, Dimension, Space
from skopt.utils import normalize_dimensions

from components.train.kernel import PartlyAdditive
from components.train.space import Point

# Mean and standard deviation of the logarithm of the length scale (in lengths of a dimension) and of the noise (in
# variances of the values).
_LENGTH_SCALE = (0.5, 1.0)
_NOISE = (-4.0, 2.0)

# Two categories are this much of a dimension's length apart, times the root of 2.
_CATEGORY = 0.5


# The lowest that a value is told as: this many times the distance from the median to the best, below the median.
_FLOOR = 2.5


class Surrogate:
    """A Gaussian process fitted to points and their values, of which larger ones are better.

    Args:
        dimensions: what the points are of; left as they are.
        points: one or more.
        values: of the points, finite.
        blocks: see `space.BLOCKS`; by default each dimension is one.
    """

    def __init__(
        self,
        dimensions: Sequence[Dimension],
        points: Sequence[Point],
        values: Sequence[float],
        *,
        blocks: Sequence[int] | None = None,
    ) -> None:
        self._space = normalized(dimensions)
        self._scale = np.where(categorical_columns(self._space), _CATEGORY, 1.0)
        columns = np.repeat(blocks_of(dimensions, blocks), column_counts(self._space))
        kernel = PartlyAdditive(tuple(columns.tolist()), math.exp(_LENGTH_SCALE[0])) + WhiteKernel(
            math.exp(_NOISE[0]), (1e-6, 1.0)
        )
        self._process = _Process(kernel, alpha=1e-8, normalize_y=True, noise="gaussian")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a parameter at its bound is no fault here
            self._process.fit(self._columns(points), lifted(values))

    def predict(self, points: Sequence[Point]) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation of the points' values without noise: float64 [points] each."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # variances a rounding error below 0
            mean, deviation = self._process.predict(self._columns(points), return_std=True)
        return mean, deviation

    def _columns(self, points: Sequence[Point]) -> np.ndarray:
        return self._space.transform(points) * self._scale


def normalized(dimensions: Sequence[Dimension]) -> Space:
    """The space whose transform gives every number as 0..1 and every category as columns of its own."""
    return normalize_dimensions(copy.deepcopy(list(dimensions)))  # which it would change


def blocks_of(dimensions: Sequence[Dimension], blocks: Sequence[int] | None) -> np.ndarray:
    """The block of each dimension: int [dimensions]."""
    return np.asarray(range(len(dimensions)) if blocks is None else blocks)


def column_counts(space: Space) -> list[int]:
    """How many columns of the transformed space each dimension has."""
    return [dimension.transformed_size for dimension in space.dimensions]


def categorical_columns(space: Space) -> np.ndarray:
    """Which of these columns are of categories: bool [columns]."""
    return np.repeat([isinstance(dimension, Categorical) for dimension in space.dimensions], column_counts(space))


def lifted(values: Sequence[float]) -> np.ndarray:
    """The values with none much further below the median than the best is above it."""
    array = np.asarray(values, dtype=float)
    median, best = np.median(array), array.max()
    return np.maximum(array, median - _FLOOR * (best - median)) if best > median else array


class _Process(GaussianProcessRegressor):
    """With the priors: `theta` holds the logarithms of the length scale and of the noise."""

    def log_marginal_likelihood(
        self, theta: np.ndarray | None = None, eval_gradient: bool = False, clone_kernel: bool = True
    ) -> Any:
        likelihood = super().log_marginal_likelihood(theta, eval_gradient, clone_kernel)
        if theta is None:
            return likelihood
        mean, deviation = np.transpose([_LENGTH_SCALE, _NOISE])
        distance = (theta - mean) / deviation
        prior = -0.5 * distance @ distance
        if not eval_gradient:
            return likelihood + prior
        return likelihood[0] + prior, likelihood[1] - distance / deviation
