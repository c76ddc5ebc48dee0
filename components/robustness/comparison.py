"""Are the ensemble's errors under corruption fewer than its members'? Differences with bootstrap intervals.

An image's share of wrong decisions over all corruptions and severities, averaged over the images of each class and then
over the classes, is the mean over corruptions and severities of the balanced error. So one number for each image and
model is enough to draw again from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.common.taxonomy import CLASSES
from components.robustness.tally import Answers

ROUNDS = 1000
_INTERVAL = (2.5, 97.5)


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


@dataclass(frozen=True)
class ModelErrors:
    """One model under corruption; balanced errors, each from 0 to 1."""

    name: str
    clean: Estimate
    corrupted: Estimate
    """Mean corruption error."""
    rise: Estimate
    """Mean corruption error less the clean error."""
    more: Estimate
    """Mean corruption error less the ensemble's."""
    more_rise: Estimate
    """Rise less the ensemble's."""


def compare(answers: Answers, groups: Mapping[str, str], names: Sequence[str], seed: int) -> list[ModelErrors]:
    """Errors of the ensemble and its members, on the same draws of the same groups.

    Args:
        answers: of all images.
        groups: of each image, by its name: images of one patient or lesion are drawn together.
        names: of the models, the ensemble's first.
        seed: of the draws.
    """
    both = np.concatenate([answers.clean_errors, answers.errors], axis=1)
    of_group = np.unique([groups[name] for name in answers.image_ids], return_inverse=True)[1]
    draws = _draws(both, answers.labels, of_group, np.random.default_rng(seed))
    clean, corrupted = np.split(draws, 2, axis=1)
    rise = corrupted - clean
    figures = (clean, corrupted, rise, corrupted - corrupted[:, :1], rise - rise[:, :1])
    return [ModelErrors(name, *(_estimate(figure[:, model]) for figure in figures)) for model, name in enumerate(names)]


def _draws(errors: np.ndarray, labels: np.ndarray, of_group: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Balanced means of the errors, float64 [1 + ROUNDS, columns]: first of all images, then of each draw of groups."""
    columns = errors.shape[1]
    sums = np.zeros((of_group.max() + 1, len(CLASSES), columns + 1))
    np.add.at(sums, (of_group, labels), np.column_stack([errors, np.ones(len(labels))]))
    flat = sums.reshape(len(sums), -1)
    even = np.full(len(sums), 1.0 / len(sums))
    means = [_balanced(flat.sum(axis=0), columns)]
    means += [_balanced(random.multinomial(len(sums), even) @ flat, columns) for _ in range(ROUNDS)]
    return np.stack(means)


def _balanced(flat: np.ndarray, columns: int) -> np.ndarray:
    of_class = flat.reshape(len(CLASSES), columns + 1)
    present = of_class[:, -1] > 0
    return np.asarray((of_class[present, :-1] / of_class[present, -1:]).mean(axis=0))


def _estimate(draws: np.ndarray) -> Estimate:
    low, high = np.percentile(draws[1:], _INTERVAL)
    return Estimate(float(draws[0]), float(low), float(high))
