"""Figures, held against scikit-learn's."""

import math
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, recall_score

from components.robustness.corruptions import CORRUPTIONS
from components.robustness.scores import by_corruption, clean_row, curve, score_table
from components.robustness.tally import Answers, Tally, conditions

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.integers(0, 8, 60)
DECIDED = {condition: RANDOM.integers(0, 9, (60, 2)) for condition in conditions()}
WORST = (CORRUPTIONS[-1], 5)


def counted(order: np.ndarray, batch: int) -> Tally:
    tally = Tally(2)
    for start in range(0, len(order), batch):
        some = order[start : start + batch]
        tally.start([f"image {index:02d}" for index in some], LABELS[some])
        for condition, decided in DECIDED.items():
            tally.add(condition, decided[some])
    return tally


@pytest.fixture(scope="module")
def tally() -> Tally:
    return counted(np.arange(60), 16)


@pytest.fixture(scope="module")
def table(tally: Tally) -> pd.DataFrame:
    return score_table(tally, ["member"])


def test_the_figures_are_those_of_scikit_learn(table: pd.DataFrame) -> None:
    (row,) = table[
        (table["corruption"] == WORST[0].name) & (table["severity"] == 5) & (table["model"] == "member")
    ].iloc
    decided = DECIDED[WORST][:, 1]
    assert row["accuracy"] == pytest.approx(accuracy_score(LABELS, decided))
    present = np.unique(LABELS)
    assert row["balanced_error"] == pytest.approx(1 - recall_score(LABELS, decided, labels=present, average="macro"))
    assert row["melanoma_sensitivity"] == pytest.approx(recall_score(LABELS == 0, decided == 0))
    assert row["changed"] == pytest.approx((decided != DECIDED[None][:, 1]).mean())


def test_clean_pictures_change_no_decision(table: pd.DataFrame) -> None:
    assert clean_row(table)["changed"] == 0
    assert clean_row(table)["balanced_error"] == curve(table, CORRUPTIONS[0], "ensemble")[0]


def test_means_are_over_the_severities_and_in_the_tables_order(table: pd.DataFrame) -> None:
    means = by_corruption(table)
    assert list(means.index) == [corruption.name for corruption in CORRUPTIONS]
    for corruption in CORRUPTIONS[:3]:
        errors = curve(table, corruption, "ensemble")[1:]
        assert means.loc[corruption.name, "balanced_error"] == pytest.approx(errors.mean())


def test_without_melanomas_their_sensitivity_is_nan() -> None:
    tally = Tally(1)
    tally.start(["a"], np.array([1]))
    for condition in conditions():
        tally.add(condition, np.array([[1]]))
    row = clean_row(score_table(tally, []))
    assert math.isnan(row["melanoma_sensitivity"])
    assert row["balanced_error"] == 0


def test_answers_are_the_same_in_any_order_and_in_batches_of_any_size(tally: Tally) -> None:
    expected: Answers = tally.answers()
    found = counted(np.random.default_rng(1).permutation(60), 7).answers()
    assert found.image_ids == expected.image_ids
    for name in ("labels", "clean_errors", "errors"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_an_images_errors_are_shares_of_its_corrupted_pictures(tally: Tally) -> None:
    wrong = [DECIDED[condition][3] != LABELS[3] for condition in conditions() if condition]
    assert tally.answers().errors[3].tolist() == pytest.approx(np.mean(wrong, axis=0).tolist())


def test_an_image_adds_a_few_bytes_to_the_counts_however_many_conditions_there_are() -> None:
    sizes = [len(pickle.dumps(counted(np.arange(60).repeat(times), 16))) for times in (1, 11)]
    assert (sizes[1] - sizes[0]) / 600 < 60
