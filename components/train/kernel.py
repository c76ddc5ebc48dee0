"""The covariance of the search's Gaussian process: settings one by one, and all together."""

import math

import numpy as np
from skopt.learning.gaussian_process.kernels import (
    Hyperparameter,
    Kernel,
    sk_NormalizedKernelMixin,
    sk_StationaryKernelMixin,
)

# How much of the variance is a sum over single settings, and the length scale of these as a share of the other's: what
# one setting does is known more finely than what all do together.
_ALONE = 0.4
_FINER = 0.4


class PartlyAdditive(sk_StationaryKernelMixin, sk_NormalizedKernelMixin, Kernel):
    """A sum of Matérn 5/2 kernels: one over all columns, and one over each block of them.

    Most of what settings do to a training, each does by itself (Hutter et al. 2014, "An efficient approach for
    assessing hyperparameter importance"). A kernel over all columns alone learns nothing about a rate from two points
    that differ in everything else too; with the sum, every trial tells about every setting (Duvenaud et al.
    2011, "Additive Gaussian processes", arXiv 1112.4394).

    Args:
        blocks: which settings each column belongs to, from 0; see `space.BLOCKS`.
        length_scale: of the kernel over all columns.
        length_scale_bounds: of the fit.
    """

    def __init__(
        self, blocks: tuple[int, ...], length_scale: float = 1.0, length_scale_bounds: tuple[float, float] = (0.05, 100)
    ) -> None:
        self.blocks = blocks
        self.length_scale = length_scale
        self.length_scale_bounds = length_scale_bounds

    @property
    def hyperparameter_length_scale(self) -> Hyperparameter:
        """What the fit may change, by the name that scikit-learn looks for."""
        return Hyperparameter("length_scale", "numeric", self.length_scale_bounds)

    def __call__(
        self, X: np.ndarray, Y: np.ndarray | None = None, eval_gradient: bool = False
    ) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """Covariance of points in columns, float64 [x, y]; and by the logarithm of the length scale, [x, x, 1]."""
        squares = (X[:, None] - (X if Y is None else Y)[None]) ** 2  # [x, y, columns]
        alone = np.sqrt(squares @ np.eye(max(self.blocks) + 1)[list(self.blocks)])  # [x, y, blocks]
        together = np.sqrt(squares.sum(axis=-1))
        alone, together = alone / (_FINER * self.length_scale), together / self.length_scale
        value = _ALONE * _matern(alone).mean(axis=-1) + (1 - _ALONE) * _matern(together)
        if not eval_gradient:
            return value
        gradient = _ALONE * _matern_slope(alone).mean(axis=-1) + (1 - _ALONE) * _matern_slope(together)
        return value, gradient[..., None]


def _matern(distance: np.ndarray) -> np.ndarray:
    """Matérn 5/2 of distances in length scales."""
    scaled = math.sqrt(5) * distance
    return (1 + scaled + scaled**2 / 3) * np.exp(-scaled)


def _matern_slope(distance: np.ndarray) -> np.ndarray:
    """Its derivative by the logarithm of the length scale."""
    scaled = math.sqrt(5) * distance
    return scaled**2 * (1 + scaled) / 3 * np.exp(-scaled)
