"""The search of the settings: which point to try next, when to give a trial up, and which was best.

Nothing is kept in memory: each function is one of the trials so far, so a search that was killed goes on exactly as it
would have, and several trials can run at once.
"""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from skopt.space import Dimension

from components.common.errors import DataError
from components.train.hyperparameters import Hyperparameters
from components.train.proposal import propose_point
from components.train.space import BLOCKS, canonical, from_point, point, space

FINISHED, STOPPED, FAILED = OUTCOMES = ("finished", "stopped", "failed")
"""Ran all its epochs; given up by the median rule, see `hopeless`; its loss was no longer a number."""

# The objective of a failed trial: that of guessing.
_GUESSING = 0.5

# The median of fewer other trials says too little to give one up.
_LEAST_OTHERS = 3


@dataclass(frozen=True)
class Trial:
    """One short training."""

    number: int
    """From 1; the first is the starting point."""
    hyperparameters: Hyperparameters
    objectives: tuple[float, ...]
    """Macro AUC on the validation split after each epoch that it ran: it weighs rare classes like common ones."""
    outcome: str
    """One of `OUTCOMES`."""
    seconds: float

    @property
    def objective(self) -> float:
        """The last value; of a failed trial that of guessing."""
        return _GUESSING if self.outcome == FAILED else self.objectives[-1]

    def to_json(self) -> dict[str, Any]:
        """Plain values, for `from_json`."""
        return {
            "number": self.number,
            "hyperparameters": self.hyperparameters.settings(),
            "objectives": list(self.objectives),
            "outcome": self.outcome,
            "seconds": self.seconds,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Trial":
        """Back again, equal to the last digit.

        Raises:
            DataError: the values are of no trial.
        """
        try:
            hyperparameters = Hyperparameters(**value["hyperparameters"])
            trial = cls(**{**value, "hyperparameters": hyperparameters, "objectives": tuple(value["objectives"])})
        except (KeyError, TypeError) as error:
            raise DataError(f"no trial of this version: {error}; start the search anew") from error
        if trial.outcome not in OUTCOMES:
            raise DataError(f"trial {trial.number} has the outcome {trial.outcome!r}, not one of {', '.join(OUTCOMES)}")
        if not trial.objectives and trial.outcome != FAILED:
            raise DataError(f"trial {trial.number} is {trial.outcome} but has no objectives; only a failed one may")
        return trial


def propose(
    start: Hyperparameters,
    trials: Sequence[Trial],
    pending: Sequence[Hyperparameters],
    *,
    seed: int,
    dimensions: Sequence[Dimension] | None = None,
) -> Hyperparameters:
    """The settings of the next trial, number len(trials) + len(pending) + 1, never those of another one.

    The first trial is the start, so the best of all is never worse than it; a few points spread over the space follow,
    then those of which a Gaussian process expects the most (`proposal.propose_point`).

    Args:
        start: the study's settings.
        trials: those that ended, in any order.
        pending: the settings of those that are under way, in any order.
        seed: of the whole search.
        dimensions: by default the space around the start.
    """
    ended = sorted(trials, key=lambda trial: trial.number)
    return from_point(
        propose_point(
            space(start.learning_rate) if dimensions is None else dimensions,
            point(start),
            [canonical(point(trial.hyperparameters)) for trial in ended],
            [trial.objective for trial in ended],
            [canonical(point(hyperparameters)) for hyperparameters in pending],
            seed=seed,
            canonical=canonical,
            blocks=BLOCKS,
        )
    )


def hopeless(objectives: Sequence[float], others: Sequence[Trial]) -> bool:
    """Whether to stop a running trial now: the median stopping rule.

    It is stopped if its best objective so far is strictly below the median of the running averages, up to the same
    epoch, of the other trials that got that far; at least three of them. Never in the first epoch, which warms up.
    (Golovin et al. 2017, "Google Vizier: a service for black-box optimization", section 3.2.1.)

    Args:
        objectives: of the running trial, after each epoch so far.
        others: the trials to compare with, however they ended.
    """
    epochs = len(objectives)
    as_far = [other.objectives[:epochs] for other in others if len(other.objectives) >= epochs]
    if epochs < 2 or len(as_far) < _LEAST_OTHERS:
        return False
    return max(objectives) < statistics.median(map(statistics.fmean, as_far))


def best(start: Hyperparameters, trials: Sequence[Trial]) -> Hyperparameters:
    """The settings of the best finished trial, the earlier one of equals; `start` where there is none."""
    finished = [trial for trial in trials if trial.outcome == FINISHED]
    if not finished:
        return start
    return min(finished, key=lambda trial: (-trial.objective, trial.number)).hyperparameters


def trial_table(trials: Sequence[Trial]) -> pd.DataFrame:
    """One row a trial: trial, the settings, outcome, epochs, validation_macro_auc, best_so_far, seconds.

    `best_so_far` is over the finished trials up to that number, missing before the first of them.
    """
    names = ["trial", *Hyperparameters.__dataclass_fields__, "outcome", "epochs", "validation_macro_auc", "seconds"]
    rows = [
        [
            trial.number,
            *point(trial.hyperparameters),
            trial.outcome,
            len(trial.objectives),
            trial.objective,
            trial.seconds,
        ]
        for trial in sorted(trials, key=lambda trial: trial.number)
    ]
    table = pd.DataFrame(rows, columns=names)
    finished = table["validation_macro_auc"].where(table["outcome"] == FINISHED)
    table.insert(len(names) - 1, "best_so_far", finished.cummax().ffill())
    return table
