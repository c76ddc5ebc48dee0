"""How far a picture's features lie from those of the training: what tells that a network is asked of something unknown.

The pooled features of the training split are taken for a Gaussian by probabilistic principal components (Tipping,
Bishop 1999, "Probabilistic principal component analysis"); the distance is Mahalanobis', as Lee et al. 2018 (arXiv
1807.03888) use it, here of all classes together. The part outside of the components counts too, and for most: what a
network never saw makes combinations of features that training pictures have not (Wang et al. 2022, arXiv 2203.10807).
The energy of the logits (Liu et al. 2020, arXiv 2010.03759) was tried, and takes photographs of other things for more
usual than lesions.
"""

from dataclasses import dataclass

import keras
import numpy as np

from components.common.member import FEATURE_DISTANCE, POOLED, PROBABILITIES

COMPONENTS = 64

# Of the mean variance of a feature: a variance below it, of features that are always the same, is taken for it.
_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class FeatureDistribution:
    """A Gaussian of D features with K principal components."""

    mean: np.ndarray
    """float64 [D]."""
    axes: np.ndarray
    """float64 [D, K], orthonormal columns."""
    variances: np.ndarray
    """float64 [K], positive: along the axes."""
    rest: float
    """Variance in every direction orthogonal to the axes, positive."""

    def distance(self, features: np.ndarray) -> np.ndarray:
        """Mahalanobis distance, squared, by the number of features: float64 [images], of features [images, D]; 1 is
        usual.
        """
        centred = features.astype(np.float64) - self.mean
        along = centred @ self.axes
        outside = (centred - along @ self.axes.T) ** 2
        return np.asarray(((along**2 / self.variances).sum(axis=1) + outside.sum(axis=1) / self.rest) / len(self.mean))


def fit_features(features: np.ndarray) -> FeatureDistribution:
    """Fit to the features of the training split, float [images, D]."""
    images, size = features.shape
    mean = features.mean(axis=0, dtype=np.float64)
    covariance = np.cov(features, rowvar=False, bias=True, dtype=np.float64).reshape(size, size)
    variances, axes = np.linalg.eigh(covariance)
    # Few images have few directions, and seem to have no variance in the others.
    kept = min(COMPONENTS, (images - 1) // 2, size - 1)
    least = max(_LEAST_VARIANCE * float(variances.mean()), float(np.finfo(np.float32).tiny))
    floored = np.maximum(variances, least)
    split = size - kept
    rest = max(float(variances[:split].mean()), least)
    return FeatureDistribution(mean, axes[:, split:], floored[split:], rest)


def with_feature_distance(network: keras.Model, fitted: FeatureDistribution) -> keras.Model:
    """The network with the distance as a second output, of stock layers: it goes wherever the network goes.

    Args:
        network: of `network.stock_copy`.
        fitted: to its pooled features.

    Returns:
        A model of the same inputs to {probabilities: float32 [batch, 9], feature_distance: float32 [batch]}.
    """
    pooled = network.get_layer(POOLED).output
    size, kept = fitted.axes.shape
    onto = keras.layers.Dense(kept, name="feature_axes")
    back = keras.layers.Dense(size, name="feature_plane")
    whitened = onto(pooled)
    outside = pooled - back(whitened)
    squares = keras.ops.sum(whitened**2, axis=1) + keras.ops.sum(outside**2, axis=1) / fitted.rest
    distance = keras.layers.Identity(name=FEATURE_DISTANCE)(squares / size)
    deviations = np.sqrt(fitted.variances)
    onto.set_weights([fitted.axes / deviations, -(fitted.mean @ fitted.axes) / deviations])
    back.set_weights([(fitted.axes * deviations).T, fitted.mean])
    return keras.Model(network.inputs, {PROBABILITIES: network.output, FEATURE_DISTANCE: distance})
