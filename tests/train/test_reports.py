"""The pages of a training."""

from dataclasses import replace

import pandas as pd

from components.common.member import Member
from components.common.taxonomy import CLASSES
from components.train.hyperparameters import Hyperparameters
from components.train.learner import Epoch
from components.train.reports import curves_report, search_report
from components.train.search import Trial, trial_table

START = Hyperparameters.published("EfficientNetB0", 1e-3)
MEMBER = Member(
    "tiny", "EfficientNetB0", 96, 64, 16, 2, "", {"learning_rate": 1e-3}, 0, 2, "abc", list(CLASSES), {"keras": "3"}
)
HISTORY = [Epoch(1, 2.0, 0.2, 2.2, 0.1, 0.6, 1e-3, 3.0), Epoch(2, 1.5, 0.5, 1.9, 0.4, 0.7, 1e-5, 3.0)]


def test_the_curves_name_the_gap_between_the_splits() -> None:
    page = curves_report(MEMBER, HISTORY, steps_per_epoch=10).html()
    assert "accuracy +0.100, loss +0.400" in page
    assert page.count("data:image/svg+xml") == 2


def test_the_search_compares_the_best_with_the_studys_settings() -> None:
    trials = [Trial(1, START, 0.7, 1.0), Trial(2, replace(START, dropout=0.5), 0.8, 1.0)]
    page = search_report(MEMBER, trial_table(trials)).html()
    assert "Best validation macro AUC 0.8000, against 0.7000 with the study" in page
    assert page.count("data:image/svg+xml") == 2


def test_no_search_says_so() -> None:
    assert "No trials were asked for" in search_report(MEMBER, pd.DataFrame(trial_table([]))).html()
