"""The search, on a function whose best point is known."""

import json
import math

import pytest

from components.train.hyperparameters import Hyperparameters, space
from components.train.search import Trial, best, search, trial_table

START = Hyperparameters.published("EfficientNetB4", 1e-3)


def score(number: int, point: Hyperparameters) -> Trial:
    """Best at a rate of 3e-3 and a dropout of 0.1."""
    objective = -(math.log10(point.learning_rate / 3e-3) ** 2) - (point.dropout - 0.1) ** 2
    return Trial(number, point, objective, 1.0)


def run(trials: int, seed: int = 0) -> list[Trial]:
    return search(START, space(1e-3), score, trials=trials, seed=seed)


def test_the_published_settings_come_first() -> None:
    assert run(1)[0].hyperparameters == START
    assert START.dropout == 0.4


def test_the_best_is_never_worse_than_the_start_and_better_after_some_trials() -> None:
    trials = run(15)
    assert best(START, trials) != START
    assert max(trial.objective for trial in trials) > trials[0].objective


def test_all_points_lie_in_the_space() -> None:
    for trial in run(8):
        assert 1e-4 <= trial.hyperparameters.learning_rate <= 1e-2
        assert 0 <= trial.hyperparameters.dropout <= 0.6


def test_the_same_seed_gives_the_same_trials_and_another_others() -> None:
    assert run(5) == run(5)
    assert run(5) != run(5, seed=1)


def test_no_trials_keep_the_start() -> None:
    assert run(0) == []
    assert best(START, []) == START
    assert trial_table([]).empty


def test_points_are_plain_numbers() -> None:
    json.dumps([trial.hyperparameters.point() for trial in run(5)])


def test_the_table_has_the_best_so_far() -> None:
    table = trial_table(run(6))
    assert list(table["trial"]) == [1, 2, 3, 4, 5, 6]
    assert table["best_so_far"].iloc[-1] == table["validation_macro_auc"].max()


def test_a_point_survives_the_way_through_the_optimizer() -> None:
    assert Hyperparameters.from_point(START.point()) == pytest.approx(START)
