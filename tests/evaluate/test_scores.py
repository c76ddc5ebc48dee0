"""Figures against hand-counted cases."""

import math

import numpy as np
import pytest

from components.common.taxonomy import CLASSES
from components.evaluate.scores import auc, class_table, expected_calibration_error, scores


def certain(labels: list[int]) -> np.ndarray:
    """Probabilities that name these classes for sure."""
    return np.eye(len(CLASSES))[labels]


def test_a_perfect_model_has_perfect_figures() -> None:
    labels = np.arange(18) % 9
    figures = scores(labels, certain(list(labels)), 0.5)
    assert figures.pop("ece") == 0
    assert set(figures.values()) == {1.0}


def test_figures_of_a_small_case() -> None:
    # MEL called MEL, MEL called NV, NV called NV, UNK called MEL
    figures = scores(np.array([0, 0, 1, 8]), certain([0, 1, 1, 0]), 0.5)
    assert figures["accuracy"] == 0.5
    assert figures["balanced_accuracy"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert figures["malignant_sensitivity"] == 0.5
    assert figures["malignant_specificity"] == 0.5
    assert figures["accuracy_without_unk"] == pytest.approx(2 / 3)


def test_without_unk_the_other_eight_share_its_probability() -> None:
    probabilities = np.array([[0.3, 0.1, 0, 0, 0, 0, 0, 0, 0.6], [0.1, 0.2, 0, 0, 0, 0, 0, 0, 0.7]])
    figures = scores(np.array([0, 1]), probabilities, 0.5)
    assert figures["accuracy"] == 0
    assert figures["accuracy_without_unk"] == 1


def test_a_figure_that_the_classes_do_not_allow_is_nan() -> None:
    figures = scores(np.array([1, 1]), certain([1, 1]), 0.5)
    assert math.isnan(figures["macro_auc"])
    assert math.isnan(figures["malignant_sensitivity"])
    assert figures["accuracy"] == 1


def test_only_unknown_images_leave_nothing_without_them() -> None:
    assert math.isnan(scores(np.array([8, 8]), certain([8, 8]), 0.5)["macro_auc_without_unk"])


def test_calibration_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.tile([0.8, 0.2, 0, 0, 0, 0, 0, 0, 0], (10, 1))
    labels = np.array([0] * 6 + [1] * 4)
    assert expected_calibration_error(labels, probabilities) == pytest.approx(0.2)


def test_auc_is_the_share_of_pairs_in_order() -> None:
    assert auc(np.array([True, True, False, False]), np.array([0.9, 0.3, 0.5, 0.1])) == 0.75


def test_the_class_table_counts_images_and_marks_absent_classes() -> None:
    table = class_table(np.array([0, 0, 1]), certain([0, 1, 1]))
    assert table["MEL"]["images"] == 2
    assert (table["MEL"]["precision"], table["MEL"]["recall"]) == (1.0, 0.5)
    assert math.isnan(table["DF"]["recall"])


def test_a_class_that_is_only_predicted_does_not_count_in_the_means() -> None:
    figures = scores(np.array([0, 0, 1, 1]), certain([0, 5, 1, 1]), 0.5)
    assert figures["macro_recall"] == figures["balanced_accuracy"] == pytest.approx(0.75)
