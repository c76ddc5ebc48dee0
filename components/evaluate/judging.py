"""Judging models on splits, on the same resamples of the patients, so that their differences are paired."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Resamples, bootstrap, estimate
from components.evaluate.inputs import Split
from components.evaluate.scores import Scores


@dataclass(frozen=True)
class Model:
    """A member or a way of averaging, as it is judged."""

    name: str
    probabilities: dict[str, np.ndarray]
    """float64 [images, 9], by split."""
    malignant_threshold: float


@dataclass(frozen=True)
class Judgement:
    """The figures of all models on all splits."""

    rounds: dict[tuple[str, str], pd.DataFrame]
    """By model and split, see `bootstrap`: the figures of `Scores`."""

    @property
    def models(self) -> list[str]:
        """Names, in the order in which they were judged."""
        return list(dict.fromkeys(model for model, _ in self.rounds))

    def of_data(self, model: str, split: str) -> pd.Series:
        """The figures themselves, by name; NaN, all of them, where the predictions lack the split."""
        if (model, split) in self.rounds:
            return self.rounds[model, split].iloc[0]
        return pd.Series(np.nan, next(iter(self.rounds.values())).columns)

    def estimate(self, model: str, split: str, figure: str) -> Estimate:
        """A figure with its interval."""
        return estimate(self.rounds[model, split][figure])

    def difference(self, model: str, other: str, split: str, figure: str) -> Estimate:
        """By how much a figure of `model` exceeds that of `other`."""
        return estimate(self.rounds[model, split][figure] - self.rounds[other, split][figure])

    def table(self) -> pd.DataFrame:
        """All of it: model, split, figure, value, low, high."""
        rows = [
            (model, split, figure, found.value, found.low, found.high)
            for (model, split), rounds in self.rounds.items()
            for figure in rounds
            for found in [estimate(rounds[figure])]
        ]
        return pd.DataFrame(rows, columns=["model", "split", "figure", "value", "low", "high"])


def resamples_of(split: Split, rounds: int, seed: int) -> Resamples:
    """Resamples of a split's groups: patients, or lesions where no patient is known, with all copies of images."""
    return Resamples(split.images["group"].to_numpy(), rounds, seed)


def judge(models: Sequence[Model], splits: dict[str, Split], rounds: int, seed: int) -> Judgement:
    """Judge models on splits.

    The training split gets no intervals: its figures say how much was memorised, not how good a model is.

    Args:
        models: to judge.
        splits: the images.
        rounds: of the bootstrap.
        seed: of the resamples.
    """
    found: dict[tuple[str, str], pd.DataFrame] = {}
    for name, split in splits.items():
        resamples = resamples_of(split, 0 if name == "train" else rounds, seed)
        judged = {
            model.name: Scores(split.labels, model.probabilities[name], model.malignant_threshold) for model in models
        }
        found |= {(model, name): table for model, table in bootstrap(resamples, judged).items()}
    return Judgement({(model.name, split): found[model.name, split] for model in models for split in splits})
