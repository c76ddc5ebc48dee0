"""Which figures become metrics."""

import pytest

from components.evaluate.evaluation import Evaluation
from components.evaluate.figures import metrics


@pytest.fixture
def named(evaluation: Evaluation) -> dict[str, float | None]:
    return metrics(evaluation)


def test_the_test_figures_have_the_ends_of_their_intervals(named: dict[str, float | None]) -> None:
    for name in ("accuracy", "macro_auc", "melanoma_sensitivity", "ece", "brier"):
        low, value, high = (named[f"test_{name}{end}"] for end in ("_low", "", "_high"))
        assert low is not None
        assert value is not None
        assert high is not None
        assert low < high


def test_a_lead_is_the_difference_of_two_figures(named: dict[str, float | None]) -> None:
    for other in ("b0", "b1", "b2", "probability_average"):
        ours, theirs = named["test_accuracy"], named[f"{other}_test_accuracy"]
        assert ours is not None
        assert theirs is not None
        assert named[f"test_accuracy_over_{other}"] == pytest.approx(ours - theirs)
        assert named[f"test_macro_auc_over_{other}_low"] is not None


def test_gaps_abstention_and_thresholds_are_metrics(named: dict[str, float | None], evaluation: Evaluation) -> None:
    assert {"test_largest_sensitivity_gap", "test_risk_coverage_area", "test_answered_accuracy"} < set(named)
    assert named["abstain_threshold"] == evaluation.ensemble.abstain_threshold
    assert named["malignant_threshold"] == evaluation.ensemble.malignant_threshold


def test_figures_of_single_classes_stay_in_the_tables(named: dict[str, float | None]) -> None:
    assert not [name for name in named if "MEL" in name or "UNK" in name]
    assert len(named) < 200
