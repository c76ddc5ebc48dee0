"""The space that the search draws from: one dimension for each setting, in the order of `Hyperparameters`' fields."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from skopt.space import Categorical, Dimension, Real

from components.train.hyperparameters import AUGMENTATIONS, IMBALANCES, Hyperparameters

Point = list[float | str]
"""One value for each dimension: plain numbers and names, fit for JSON."""

BLOCKS: tuple[int, ...] = (0, 1, 2, 3, 3, 4, 4, 5)
"""Of each dimension: dimensions of one number mean something only together, as a strength does with its kind."""


def space(learning_rate: float) -> list[Dimension]:
    """The dimensions around a starting rate: from a tenth of it to ten times it, on a log scale."""
    return [
        Real(learning_rate / 10, learning_rate * 10, prior="log-uniform", name="learning_rate"),
        Real(0.0, 0.6, name="dropout"),
        Real(0.0, 0.2, name="label_smoothing"),
        Categorical(AUGMENTATIONS, name="augmentation"),
        Real(0.0, 1.0, name="augmentation_strength"),
        Categorical(IMBALANCES, name="imbalance"),
        Real(0.0, 1.0, name="imbalance_strength"),
        Real(0.0, 1.5, name="demographics_weight"),
    ]


def point(hyperparameters: Hyperparameters) -> Point:
    """As scikit-optimize knows it."""
    return list(vars(hyperparameters).values())  # what `settings` gives, without its copies: thousands are compared


def from_point(values: Point) -> Hyperparameters:
    """Back again; the values may be NumPy scalars."""
    return Hyperparameters(*plain(values))  # type: ignore[arg-type]


def canonical(values: Point) -> Point:
    """Of all points that are the same training, the one that stands for them: `Hyperparameters.canonical`."""
    return point(from_point(values).canonical())


def plain(values: Iterable[Any]) -> Point:
    """Numbers and names as Python knows them: scikit-optimize gives NumPy scalars, which JSON refuses."""
    return [value.item() if isinstance(value, np.generic) else value for value in values]
