"""Models judged side by side, on the same resamples."""

import numpy as np
import pandas as pd
import pytest

from components.evaluate.inputs import Split
from components.evaluate.judging import Judgement, Model, judge
from tests.evaluate.conftest import guesses

LABELS = np.arange(90) % 9


@pytest.fixture(scope="module")
def judgement() -> Judgement:
    images = pd.DataFrame({"group": np.arange(90) // 2})
    splits = {name: Split(images, LABELS, np.empty((90, 0, 9)), np.empty((90, 0))) for name in ("train", "test")}
    models = [
        Model(name, {split: guesses(LABELS, skill, 0) for split in splits}, 0.3)
        for name, skill in (("good", 2.0), ("bad", 0.5))
    ]
    return judge(models, splits, rounds=200, seed=0)


def test_models_keep_their_order(judgement: Judgement) -> None:
    assert judgement.models == ["good", "bad"]
    assert set(judgement.rounds) == {(model, split) for model in ("good", "bad") for split in ("train", "test")}


def test_the_training_split_has_figures_without_intervals(judgement: Judgement) -> None:
    assert len(judgement.rounds["good", "train"]) == 1
    assert np.isfinite(judgement.estimate("good", "test", "accuracy").low)
    assert np.isnan(judgement.estimate("good", "train", "accuracy").low)


def test_a_paired_difference_is_surer_than_its_parts(judgement: Judgement) -> None:
    lead = judgement.difference("good", "bad", "test", "macro_auc")
    good, bad = (judgement.estimate(model, "test", "macro_auc") for model in ("good", "bad"))
    assert lead.value == pytest.approx(good.value - bad.value)
    assert lead.low > 0
    assert lead.high - lead.low < (good.high - good.low) + (bad.high - bad.low)


def test_a_split_that_the_predictions_lack_has_no_figures(judgement: Judgement) -> None:
    assert judgement.of_data("good", "validation").isna().all()


def test_the_table_holds_all_figures(judgement: Judgement) -> None:
    table = judgement.table()
    assert len(table) == 4 * len(judgement.rounds["good", "test"].columns)
    one = table[(table["model"] == "bad") & (table["split"] == "test") & (table["figure"] == "brier")].iloc[0]
    found = judgement.estimate("bad", "test", "brier")
    assert (one["value"], one["low"], one["high"]) == (found.value, found.low, found.high)
