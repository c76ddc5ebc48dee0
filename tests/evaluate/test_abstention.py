"""What abstaining changes, against hand-counted cases."""

import math

import numpy as np
import pytest

from components.evaluate.abstention import AbstentionScores, UnusualScores, risk_coverage


def test_the_most_confident_answers_come_first() -> None:
    coverage, risk = risk_coverage(np.array([0.5, 0.9, 0.7, 0.6]), np.array([True, False, False, True]))
    np.testing.assert_allclose(coverage, [0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(risk, [0, 0, 1 / 3, 1 / 2])


def test_answers_of_equal_confidence_are_given_together() -> None:
    coverage, risk = risk_coverage(np.array([0.5, 0.9, 0.5]), np.array([True, False, False]))
    np.testing.assert_allclose(coverage, [1 / 3, 1])
    np.testing.assert_allclose(risk, [0, 1 / 3])


@pytest.fixture
def judged() -> AbstentionScores:
    """MEL called MEL for sure, MEL called NV for sure, MEL called NV, BCC called BCC, NV called NV for sure."""
    sure, unsure = 0.9, 0.45
    probabilities = np.full((5, 9), 0.0)
    for row, (named, how) in enumerate([(0, sure), (1, sure), (1, unsure), (2, unsure), (1, sure)]):
        probabilities[row] = (1 - how) / 8
        probabilities[row, named] = how
    return AbstentionScores(np.array([0, 0, 0, 2, 1]), probabilities, 0.5, 0.6)


def test_figures_of_a_small_case(judged: AbstentionScores) -> None:
    figures = {name: float(values[0]) for name, values in judged(np.ones((5, 1))).items()}
    assert figures == pytest.approx(
        {
            "risk_coverage_area": (3 * 1 / 3 + 2 * 2 / 5) / 5,
            "abstained": 2 / 5,
            "answered_accuracy": 2 / 3,
            "abstained_accuracy": 1 / 2,
            "malignant_abstained": 2 / 4,
            "malignant_missed": 1 / 4,
            "melanoma_abstained": 1 / 3,
            "melanoma_missed": 1 / 3,
        }
    )


def test_a_weight_counts_as_so_many_images(judged: AbstentionScores) -> None:
    weights = np.array([[1.0, 0.0, 2.0, 0.0, 3.0], [0.0, 1.0, 0.0, 0.0, 0.0]]).T
    figures = judged(weights)
    np.testing.assert_allclose(figures["abstained"], [2 / 6, 0])
    np.testing.assert_allclose(figures["risk_coverage_area"], [2 * (2 / 6) / 6, 1])
    np.testing.assert_allclose(figures["melanoma_missed"], [0, 1])
    assert math.isnan(figures["abstained_accuracy"][1])


def test_what_is_called_unusual_is_counted_and_judged_apart() -> None:
    probabilities, labels = np.eye(9)[[0, 1, 1, 2]], np.array([0, 1, 2, 2])
    judged = UnusualScores(labels, probabilities, np.array([True, False, True, False]))
    figures = judged(np.array([[1.0, 3.0], [1.0, 0.0], [1.0, 1.0], [1.0, 0.0]]))
    np.testing.assert_allclose(figures["unusual"], [0.5, 1.0])
    np.testing.assert_allclose(figures["unusual_accuracy"], [0.5, 0.75])
    np.testing.assert_allclose(figures["usual_accuracy"], [1.0, np.nan])
