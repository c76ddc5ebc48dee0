"""The page's tables: what stands in which cell."""

import pandas as pd

from components.evaluate.evaluation import Evaluation
from components.evaluate.interval_tables import (
    abstention_table,
    classes_table,
    differences_table,
    models_table,
)


def test_a_column_a_model_and_a_row_a_figure(evaluation: Evaluation) -> None:
    table = models_table(evaluation, "test")
    assert list(table.columns) == evaluation.judgement.models
    assert table.loc["Brier score", "b2"] == str(evaluation.judgement.estimate("b2", "test", "brier"))


def test_what_unk_cannot_change_is_not_repeated_without_it(evaluation: Evaluation) -> None:
    without = models_table(evaluation, "test", "_without_unk")
    assert set(models_table(evaluation, "test").index) - set(without.index) == {
        "malignant sensitivity",
        "melanomas called malignant",
    }


def test_a_row_a_class_and_its_figures_with_intervals(evaluation: Evaluation) -> None:
    table = classes_table(evaluation, pd.Series({0: 20, 8: 20}), "test")
    assert table.loc["MEL: melanoma", "recall"] == str(evaluation.figure("test", "recall_MEL"))
    assert list(table["images"]) == ["20", *["0"] * 7, "20"]


def test_differences_are_of_the_ensemble_minus_each_other_model(evaluation: Evaluation) -> None:
    table = differences_table(evaluation)
    assert list(table.columns) == ["− b0", "− b1", "− b2", "− ensemble (probability)"]
    lead = evaluation.judgement.difference(evaluation.name, "b0", "test", "macro_auc_without_unk")
    assert table.loc["AUC, macro, without UNK", "− b0"] == str(lead)


def test_every_figure_of_abstention_is_named(evaluation: Evaluation) -> None:
    assert len(abstention_table(evaluation)) == len(evaluation.abstention.columns)
