"""Figures of a decision between two outcomes."""

import numpy as np
import pytest

from components.evaluate.binary import BinaryScores, shares

POSITIVE = np.array([True, True, False, False])
SCORE = np.array([0.9, 0.3, 0.5, 0.1])


def test_figures_of_a_small_case() -> None:
    figures = BinaryScores(POSITIVE, SCORE, 0.5)(np.ones((4, 1)))
    assert {name: float(values[0]) for name, values in figures.items()} == pytest.approx(
        {"auc": 0.75, "average_precision": (1 + 2 / 3) / 2, "sensitivity": 0.5, "specificity": 0.5}
    )


def test_a_score_at_the_threshold_is_called_positive() -> None:
    assert BinaryScores(POSITIVE, SCORE, 0.3)(np.ones((4, 1)))["sensitivity"] == 1


def test_only_the_counted_images_count() -> None:
    figures = BinaryScores(POSITIVE, SCORE, 0.5, np.array([True, False, True, True]))(np.ones((4, 1)))
    assert (figures["auc"], figures["sensitivity"], figures["specificity"]) == (1, 1, 0.5)


def test_an_outcome_that_a_round_has_no_image_of_has_no_figure() -> None:
    figures = BinaryScores(POSITIVE, SCORE, 0.5)(np.array([[1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0]]).T)
    np.testing.assert_array_equal(figures["sensitivity"], [0.5, np.nan])
    np.testing.assert_array_equal(figures["specificity"], [np.nan, 0.5])
    assert np.isnan(figures["auc"]).all()


def test_weights_are_added_up_by_row() -> None:
    matrix = shares(np.array([0, 1, 0]), 2, values=np.array([1.0, 2.0, 3.0]))
    np.testing.assert_array_equal(matrix @ np.array([[1.0, 0.0], [1.0, 1.0], [2.0, 1.0]]), [[7, 3], [2, 2]])
