"""The scores that decisions are made on, and their thresholds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.common.predictions import malignant_score
from components.common.taxonomy import CLASSES
from components.evaluate.decisions import (
    abstain_threshold,
    confidence,
    malignant_threshold,
    unusual_threshold,
)
from tests.evaluate.conftest import guesses

LABELS = np.arange(360) % len(CLASSES)


@pytest.mark.parametrize("sensitivity", [0.5, 0.9, 1.0])
def test_the_threshold_is_the_highest_that_reaches_the_sensitivity(sensitivity: float) -> None:
    scores = malignant_score(guesses(LABELS, 1.0, 0))
    malignant = np.isin(LABELS, [0, 2, 7])
    threshold = malignant_threshold(scores, malignant, sensitivity)
    assert (scores[malignant] >= threshold).mean() >= sensitivity
    assert (scores[malignant] >= np.nextafter(threshold, 2)).mean() < sensitivity


def test_the_threshold_of_one_outcome_alone_is_a_half() -> None:
    assert malignant_threshold(np.array([0.1, 0.9]), np.array([False, False]), 0.9) == 0.5


def test_confidence_is_the_largest_probability() -> None:
    np.testing.assert_array_equal(confidence(np.array([[0.2, 0.5, 0.3], [0.6, 0.4, 0.0]])), [0.5, 0.6])


@pytest.mark.parametrize(("share", "abstained"), [(0.0, 0), (0.009, 0), (0.01, 1), (0.1, 10), (0.999, 99)])
def test_the_least_confident_share_is_left_to_a_person(share: float, abstained: int) -> None:
    confidences = np.random.default_rng(0).random(100)
    threshold = abstain_threshold(confidences, share)
    assert (confidences < threshold).sum() == abstained
    assert (confidences < threshold + 1e-9).sum() == abstained


@given(st.lists(st.sampled_from([0.2, 0.3, 0.4]), min_size=1, max_size=20), st.floats(0, 0.99))
def test_never_more_than_the_share_even_where_confidences_are_alike(values: list[float], share: float) -> None:
    assert (np.array(values) < abstain_threshold(np.array(values), share)).mean() <= share


@pytest.mark.parametrize(("share", "unusual"), [(0.0, 0), (0.004, 0), (0.05, 5), (0.5, 50)])
def test_the_share_of_highest_scores_is_called_unusual(share: float, unusual: int) -> None:
    scores = np.random.default_rng(0).normal(size=100)
    assert (scores > unusual_threshold(scores, share)).sum() == unusual


@given(st.lists(st.sampled_from([-1.0, 0.0, 2.0]), min_size=1, max_size=20), st.floats(0, 0.99))
def test_never_more_than_the_share_even_where_scores_are_alike(values: list[float], share: float) -> None:
    assert (np.array(values) > unusual_threshold(np.array(values), share)).mean() <= share
