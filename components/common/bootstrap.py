"""The bootstrap: how much figures would differ on other patients like these.

Groups are drawn, not images: the pictures of one patient or lesion resemble one another, and drawing them one by one
would take what they have in common for evidence (Davison, Hinkley: Bootstrap Methods and their Application, 1997,
section 3.8). A resample is a whole number for each image, how often it was drawn, so nothing is copied: a figure is
worked out from weights. All models are judged on the same resamples, so the difference of two models is paired.
"""

import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pandas as pd

K = TypeVar("K", bound=Hashable)

Figures = Callable[[np.ndarray], Mapping[str, np.ndarray]]
"""Gives figures by name, float64 [rounds], for weights, float64 [images, rounds]; NaN where a round has none."""

CONFIDENCE = 0.95
"""Of all intervals: from the 2.5th to the 97.5th percentile of the resamples."""

MOST_UNDEFINED = 0.05
"""A figure that more resamples than this share do not have gets no interval. Chance leaves out of a resample 37% of
what one group alone shows, 14% of two groups, 5% of three: a figure needs more than two groups to get an interval."""

# Weights that are held at a time.
_BYTES = 16e6


@dataclass(frozen=True)
class Estimate:
    """A figure, and its interval: where the figures of most resamples lie."""

    value: float
    low: float
    high: float
    """NaN, as `low`, where the data do not allow an interval."""

    def scalars(self, name: str) -> dict[str, float]:
        """The figure under its name, and the ends of its interval under `<name>_low` and `<name>_high`."""
        return {name: self.value, f"{name}_low": self.low, f"{name}_high": self.high}

    def __str__(self) -> str:
        if not math.isfinite(self.value):
            return "–"
        if not math.isfinite(self.low):
            return f"{_minus(self.value)} (no interval)"
        between = " to " if self.low < 0 else "–"  # a dash beside a minus sign cannot be read
        return f"{_minus(self.value)} ({_minus(self.low)}{between}{_minus(self.high)})"


@dataclass(frozen=True)
class Resamples:
    """The data itself, and then resamples of it: the same ones every time for the same groups and seed."""

    groups: np.ndarray
    """[images], of any type that sorts: what belongs together is drawn together."""
    rounds: int
    seed: int

    def weights(self) -> Iterator[np.ndarray]:
        """Weights, float64 [images, some rounds] at a time; the first round is the data itself, all weights 1."""
        _, codes = np.unique(self.groups, return_inverse=True)
        count, total = int(codes.max()) + 1, self.rounds + 1
        step = max(int(_BYTES / (8 * len(codes))), 1)
        random = np.random.default_rng(self.seed)
        for start in range(0, total, step):
            drawn = np.ones((count, min(step, total - start)))
            for column in range(1 if start == 0 else 0, drawn.shape[1]):
                drawn[:, column] = np.bincount(random.integers(count, size=count), minlength=count)
            yield drawn[codes]


def bootstrap(resamples: Resamples, judged: Mapping[K, Figures]) -> dict[K, pd.DataFrame]:
    """Work out figures for the data and for each of its resamples, in bounded memory.

    Args:
        resamples: of the images.
        judged: what gives the figures of each model, or of each part of the images.

    Returns:
        For each key, one row a round (the first is of the data itself) and one column a figure, to give to `estimate`.
    """
    rounds: dict[K, list[pd.DataFrame]] = {key: [] for key in judged}
    for weights in resamples.weights():
        for key, figures in judged.items():
            rounds[key].append(pd.DataFrame(figures(weights)))
    return {key: pd.concat(tables, ignore_index=True) for key, tables in rounds.items()}


def estimate(rounds: pd.Series) -> Estimate:
    """The figure of the data, and the interval of its resamples.

    A resample without the figure (a class that it happens to hold no image of) is left out, up to `MOST_UNDEFINED`. A
    figure on which all resamples agree has no interval either: ten answers out of ten are right in every resample, and
    would not be for ever.

    Args:
        rounds: a column of `bootstrap`, or the difference of two of one bootstrap.
    """
    values = rounds.to_numpy(np.float64)
    value, drawn = float(values[0]), values[1:]
    defined = drawn[np.isfinite(drawn)]
    if not math.isfinite(value) or not len(defined) or len(defined) < (1 - MOST_UNDEFINED) * len(drawn):
        return Estimate(value, math.nan, math.nan)
    low, high = np.quantile(defined, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    if low == high:
        return Estimate(value, math.nan, math.nan)
    return Estimate(value, float(low), float(high))


def _minus(number: float) -> str:
    return f"{number:.3f}".replace("-", "−")
