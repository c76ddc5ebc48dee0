"""The pictures draw what they are given, and bear what is missing."""

import math

import numpy as np
import pytest

from components.common.bootstrap import Estimate
from components.evaluate import plots
from tests.evaluate.conftest import guesses

LABELS = np.arange(90) % 9
PROBABILITIES = guesses(LABELS, 1.5, 0)


def test_intervals_have_a_panel_for_each_figure_and_a_row_for_each_model() -> None:
    found = {"a": Estimate(0.5, 0.4, 0.6), "b": Estimate(0.7, math.nan, math.nan), "c": plots.NONE}
    figure = plots.intervals({f"figure {number}": found for number in range(4)}, zero=True)
    shown = [axes for axes in figure.axes if axes.axison]
    assert [axes.get_title() for axes in shown] == [f"figure {number}" for number in range(4)]
    assert [label.get_text() for label in shown[0].get_yticklabels()] == ["a", "b", "c"]
    span, dot = shown[0].get_lines()[:2]
    np.testing.assert_array_equal(span.get_xdata(), [0.4, 0.6])
    np.testing.assert_array_equal(dot.get_xdata(), [0.5])


def test_risk_coverage_names_every_model_and_marks_the_share_that_is_answered() -> None:
    (axes,) = plots.risk_coverage_curves(
        LABELS,
        ("ensemble", PROBABILITIES),
        {"b0": guesses(LABELS, 1.0, 1)},
        float(np.median(PROBABILITIES.max(axis=1))),
    ).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["b0", "ensemble"]
    assert [text.get_text() for text in axes.texts] == ["answered: 50%"]


@pytest.mark.parametrize("labels", [LABELS, np.where(LABELS == 0, 1, LABELS)])
def test_roc_curves_leave_out_classes_without_images(labels: np.ndarray) -> None:
    (axes,) = plots.roc_curves(labels, PROBABILITIES).axes
    named = [text.get_text().split()[0] for text in axes.get_legend().get_texts()]
    assert ("MEL" in named) == (0 in labels)
    assert named[-1] == "malignant"


def test_the_dots_of_reliability_stand_for_all_images() -> None:
    (axes,) = plots.reliability(LABELS, PROBABILITIES).axes
    assert axes.collections[0].get_sizes().sum() == pytest.approx(1500)
