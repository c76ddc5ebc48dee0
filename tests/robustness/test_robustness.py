"""Figures, gate, and the best member."""

import pytest

from components.robustness.corruptions import CORRUPTIONS
from components.robustness.inputs import Inputs
from components.robustness.measuring import Measurement
from components.robustness.robustness import Robustness, family_means, judge, unseen
from components.robustness.scores import by_corruption
from tests.robustness.conftest import MEMBERS, SETTINGS


@pytest.fixture(scope="module")
def robustness(inputs: Inputs, measured: Measurement) -> Robustness:
    return judge(measured, inputs.model, inputs.groups, SETTINGS)


def test_the_two_ways_to_the_mean_corruption_error_agree(robustness: Robustness) -> None:
    """By the images' shares of errors, and by the corruptions' balanced errors."""
    for model in robustness.models:
        errors = by_corruption(robustness.table, model.name)["balanced_error"]
        assert model.corrupted.value == pytest.approx(errors.mean())


def test_the_gate_is_on_the_rise_from_clean_to_corrupted(robustness: Robustness) -> None:
    (gate,) = robustness.gates
    assert (gate.figure, gate.limit, gate.at_least) == (robustness.ensemble.rise.value, 0.2, False)


def test_the_best_member_has_the_smallest_error_under_corruption(robustness: Robustness) -> None:
    errors = {model.name: model.corrupted.value for model in robustness.models}
    assert robustness.best_member.name == min(MEMBERS, key=errors.__getitem__)
    best = robustness.best_member
    assert best.more.value == pytest.approx(errors[best.name] - errors["ensemble"])


def test_families_and_unseen_corruptions_are_means_over_their_own(robustness: Robustness) -> None:
    errors = by_corruption(robustness.table)[["balanced_error"]]
    names = [corruption.name for corruption in CORRUPTIONS if corruption.family == "obstruction"]
    metrics = robustness.metrics()
    assert list(family_means(errors).index) == ["illumination", "obstruction", "capture"]
    assert metrics["obstruction_error"] == pytest.approx(errors.loc[names, "balanced_error"].mean())
    assert metrics["unseen_mean_corruption_error"] == pytest.approx(errors.loc[unseen(), "balanced_error"].mean())
    assert "hair" in unseen()
    assert "rotation" not in unseen()
