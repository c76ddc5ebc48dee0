"""Bayesian optimization of the settings: scikit-optimize's Gaussian process, asked and told."""

import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from skopt import Optimizer
from skopt.space import Dimension

from components.train.hyperparameters import Hyperparameters

log = logging.getLogger(__name__)

# Points drawn at random before the Gaussian process has enough to go on.
_RANDOM_POINTS = 3


@dataclass(frozen=True)
class Trial:
    """One short training."""

    number: int
    """From 1; the first is the starting point."""
    hyperparameters: Hyperparameters
    objective: float
    """Macro AUC on the validation split at the end of the trial: it weighs rare classes like common ones."""
    seconds: float


def search(
    start: Hyperparameters,
    dimensions: list[Dimension],
    evaluate: Callable[[int, Hyperparameters], Trial],
    *,
    trials: int,
    seed: int,
) -> list[Trial]:
    """Run trials; the first is `start`, so the best of them is never worse than it.

    Args:
        start: the study's settings.
        dimensions: see `hyperparameters.space`.
        evaluate: trains with the given settings as the trial of the given number.
        trials: how many; none is allowed.
        seed: of the search's own choices.

    Returns:
        The trials in their order.
    """
    optimizer = Optimizer(dimensions, base_estimator="GP", n_initial_points=_RANDOM_POINTS, random_state=seed)
    done: list[Trial] = []
    for number in range(1, trials + 1):
        chosen = start if number == 1 else Hyperparameters.from_point(optimizer.ask())
        trial = evaluate(number, chosen)
        log.info("trial %d of %d: validation macro AUC %.4f with %s", number, trials, trial.objective, chosen)
        optimizer.tell(chosen.point(), -trial.objective)
        done.append(trial)
    return done


def best(start: Hyperparameters, trials: list[Trial]) -> Hyperparameters:
    """The settings of the best trial, the earlier one of equals; `start` where there were none."""
    return max(trials, key=lambda trial: trial.objective).hyperparameters if trials else start


def trial_table(trials: list[Trial]) -> pd.DataFrame:
    """One row a trial: number, the settings, objective, best_so_far, seconds."""
    rows: list[dict[str, Any]] = [
        {
            "trial": trial.number,
            **asdict(trial.hyperparameters),
            "validation_macro_auc": trial.objective,
            "seconds": trial.seconds,
        }
        for trial in trials
    ]
    names = ["trial", *Hyperparameters.__dataclass_fields__, "validation_macro_auc", "seconds"]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(best_so_far=table["validation_macro_auc"].cummax())
