"""Figures against hand-counted cases, and against scikit-learn's with sample weights."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from components.common.predictions import malignant_score
from components.common.scores import macro_auc
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.scores import Scores, without_unknown
from tests.evaluate.conftest import guesses


def certain(labels: list[int]) -> np.ndarray:
    """Probabilities that name these classes for sure."""
    return np.eye(len(CLASSES))[labels]


def scores(labels: np.ndarray, probabilities: np.ndarray, threshold: float = 0.5) -> pd.Series:
    return pd.DataFrame(Scores(labels, probabilities, threshold)(np.ones((len(labels), 1)))).iloc[0]


def test_a_perfect_model_has_perfect_figures() -> None:
    labels = np.arange(18) % 9
    figures = scores(labels, certain(list(labels)))
    wrong = ("ece", "brier", "ece_without_unk", "brier_without_unk")
    assert (figures[list(wrong)] == 0).all()
    assert (figures.drop(list(wrong)) == 1).all()


def test_figures_of_a_small_case() -> None:
    # MEL called MEL, MEL called NV, NV called NV, UNK called MEL
    figures = scores(np.array([0, 0, 1, 8]), certain([0, 1, 1, 0]))
    assert figures["accuracy"] == 0.5
    assert figures["balanced_accuracy"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert figures["malignant_sensitivity"] == figures["melanoma_sensitivity"] == 0.5
    assert figures["malignant_specificity"] == 0.5
    assert figures["malignant_specificity_without_unk"] == 1
    assert figures["accuracy_without_unk"] == pytest.approx(2 / 3)
    assert (figures["precision_MEL"], figures["recall_MEL"]) == (0.5, 0.5)
    assert math.isnan(figures["recall_DF"])


def test_without_unk_the_other_eight_share_its_probability() -> None:
    probabilities = np.array([[0.3, 0.1, 0, 0, 0, 0, 0, 0, 0.6], [0.1, 0.2, 0, 0, 0, 0, 0, 0, 0.7]])
    figures = scores(np.array([0, 1]), probabilities)
    assert figures["accuracy"] == 0
    assert figures["accuracy_without_unk"] == 1
    np.testing.assert_allclose(without_unknown(probabilities)[0, :2], [0.75, 0.25])


def test_a_figure_that_the_classes_do_not_allow_is_nan() -> None:
    figures = scores(np.array([1, 1]), certain([1, 1]))
    assert figures[["macro_auc", "malignant_sensitivity", "melanoma_sensitivity"]].isna().all()
    assert figures["accuracy"] == 1


def test_only_unknown_images_leave_nothing_without_them() -> None:
    figures = scores(np.array([8, 8]), certain([8, 8]))
    assert figures.filter(like="_without_unk").isna().all()


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.tile([0.8, 0.2, 0, 0, 0, 0, 0, 0, 0], (10, 1))
    assert scores(np.array([0] * 6 + [1] * 4), probabilities)["ece"] == pytest.approx(0.2)


def test_a_class_that_is_only_predicted_does_not_count_in_the_means() -> None:
    figures = scores(np.array([0, 0, 1, 1]), certain([0, 5, 1, 1]))
    assert figures["macro_recall"] == figures["balanced_accuracy"] == pytest.approx(0.75)


@pytest.fixture(scope="module")
def weighted() -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Labels, probabilities (with ties), weights [images, 6], and our figures; some rounds lack classes."""
    random = np.random.default_rng(0)
    labels = random.choice(9, 250, p=[0.2, 0.3, 0.1, 0.05, 0.1, 0.03, 0.02, 0.05, 0.15])
    probabilities = np.round(guesses(labels, 1.0, 1), 2)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    weights = random.poisson(1.0, (250, 6)).astype(float)
    weights[labels == 5, 2] = weights[labels == 6, 3] = 0
    return labels, probabilities, weights, pd.DataFrame(Scores(labels, probabilities, 0.4)(weights))


@pytest.mark.parametrize("ending", ["", "_without_unk"])
@pytest.mark.parametrize("column", range(6))
def test_every_figure_of_the_classes_is_that_of_scikit_learn(weighted, column: int, ending: str) -> None:  # type: ignore[no-untyped-def]
    labels, probabilities, weights, ours = weighted
    figures, weight = ours.iloc[column], weights[:, column]
    kept = weight > 0
    if ending:
        kept &= labels != 8
        probabilities = without_unknown(probabilities)
    labels, probabilities, weight = labels[kept], probabilities[kept], weight[kept]
    predicted, present = probabilities.argmax(axis=1), np.unique(labels)
    each = metrics.precision_recall_fscore_support(
        labels, predicted, labels=present, sample_weight=weight, zero_division=0.0
    )
    auc = [metrics.roc_auc_score(labels == k, probabilities[:, k], sample_weight=weight) for k in present]
    precision = [
        metrics.average_precision_score(labels == k, probabilities[:, k], sample_weight=weight) for k in present
    ]
    expected = {
        "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weight),
        "brier": (weight * ((probabilities - np.eye(9)[labels]) ** 2).sum(axis=1)).sum() / weight.sum(),
        "ece": calibration_error(
            np.repeat(labels, weight.astype(int)), np.repeat(probabilities, weight.astype(int), 0)
        ),
        "melanoma_auc": auc[0],
        "melanoma_average_precision": precision[0],
    }
    expected["balanced_accuracy"] = np.mean(each[1])
    for name, values in zip(("precision", "recall", "f1"), each, strict=False):
        expected[f"macro_{name}"] = np.mean(values)
        expected[f"weighted_{name}"] = np.average(values, weights=each[3])
    for name, values in zip(
        ("precision", "recall", "f1", "auc", "average_precision"), [*each[:3], auc, precision], strict=True
    ):
        expected[f"macro_{name}"] = np.mean(values)
        expected |= {f"{name}_{CLASSES[k]}": value for k, value in zip(present, values, strict=True)}
    for name, value in expected.items():
        assert figures[name + ending] == pytest.approx(value, abs=1e-12), name


def calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * 15).astype(int), 14)
    return float(
        sum(abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in set(bins))
    )


@pytest.mark.parametrize("column", range(6))
def test_the_malignant_decision_is_judged_as_scikit_learn_does(weighted, column: int) -> None:  # type: ignore[no-untyped-def]
    labels, probabilities, weights, ours = weighted
    figures, weight = ours.iloc[column], weights[:, column]
    malignant, score = np.isin(labels, MALIGNANT_INDEXES), malignant_score(probabilities)
    called = score >= 0.4
    assert figures["malignant_auc"] == pytest.approx(metrics.roc_auc_score(malignant, score, sample_weight=weight))
    recall = metrics.recall_score(malignant, called, sample_weight=weight)
    assert figures["malignant_sensitivity"] == pytest.approx(recall)
    specificity = metrics.recall_score(~malignant, ~called, sample_weight=weight)
    assert figures["malignant_specificity"] == pytest.approx(specificity)
    melanoma = labels == 0
    share = np.average(called[melanoma], weights=weight[melanoma])
    assert figures["melanoma_sensitivity"] == pytest.approx(share)
    known = labels != 8
    area = metrics.roc_auc_score(malignant[known], score[known], sample_weight=weight[known])
    assert figures["malignant_auc_without_unk"] == pytest.approx(area)


def test_the_brier_score_and_the_macro_auc_of_the_data_are_those_of_the_libraries(weighted) -> None:  # type: ignore[no-untyped-def]
    labels, probabilities, _, _ = weighted
    figures = scores(labels, probabilities)
    assert figures["macro_auc"] == pytest.approx(macro_auc(labels, probabilities))
    assert figures["brier"] == pytest.approx(metrics.brier_score_loss(labels, probabilities, labels=range(9)))
