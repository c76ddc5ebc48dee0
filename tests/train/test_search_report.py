"""The page of a search."""

from dataclasses import replace

import pandas as pd
import pytest

from components.train.hyperparameters import Hyperparameters
from components.train.search import Trial, trial_table
from components.train.search_report import search_report
from tests.train.test_search_plots import trials_of

START = Hyperparameters.published("EfficientNetB0", 1e-3)
TWO = [
    Trial(1, START, (0.6, 0.7), "finished", 1.0),
    Trial(2, replace(START, dropout=0.5), (0.6, 0.8), "finished", 1.0),
]


def page(trials: list[Trial] | pd.DataFrame, parallel: int = 1) -> str:
    table = trials if isinstance(trials, pd.DataFrame) else trial_table(trials)
    return search_report("b0", table, parallel=parallel).html()


def pictures(html: str) -> int:
    return html.count("data:image/svg+xml")


def test_no_search_says_so() -> None:
    assert "No trials were asked for: the study&#39;s settings were used." in page([])
    assert pictures(page([])) == 0


def test_the_best_is_compared_with_the_studys_settings() -> None:
    text = page(TWO)
    assert "2 trials: 2 finished. Best validation macro AUC 0.8000 in trial 2, against 0.7000 with the study" in text


def test_two_trials_have_no_effects_yet_and_twenty_have() -> None:
    assert pictures(page(TWO)) == 2
    assert "What each setting does" not in page(TWO)
    assert pictures(page(trials_of(20))) == 3


def test_one_trial_is_a_search_too() -> None:
    text = page(TWO[:1])
    assert "1 trial: 1 finished. Best validation macro AUC 0.7000 in trial 1" in text
    assert pictures(text) == 2


def test_stopped_and_failed_trials_are_counted_and_never_the_best() -> None:
    ended = [
        *TWO,
        Trial(3, replace(START, dropout=0.1), (0.9,), "stopped", 1.0),
        Trial(4, replace(START, dropout=0.3), (), "failed", 1.0),
    ]
    text = page(ended)
    assert "4 trials: 2 finished; 1 stopped early; 1 failed, the loss being no number." in text
    assert "Best validation macro AUC 0.8000 in trial 2" in text


@pytest.mark.parametrize("count", [1, 2])
def test_where_all_failed_the_studys_settings_were_kept(count: int) -> None:
    failed = [replace(trial, objectives=(), outcome="failed") for trial in TWO[:count]]
    assert "With none finished, the study&#39;s settings were kept." in page(failed)


def test_without_a_finished_first_trial_there_is_nothing_to_compare_with() -> None:
    failed_first = [replace(TWO[0], objectives=(), outcome="failed"), TWO[1]]
    assert "Best validation macro AUC 0.8000 in trial 2." in page(failed_first)


def test_the_rules_are_stated() -> None:
    assert "Median rule" in page(TWO)
    assert "macro AUC on the validation split" in page(TWO)


def test_trials_at_once_are_stated_only_where_there_were_some() -> None:
    assert "Up to 4 trials ran at once" in page(TWO, parallel=4)
    assert "at once" not in page(TWO)


def test_the_same_trials_make_the_same_page() -> None:
    assert page(trials_of(20)) == page(trials_of(20))
