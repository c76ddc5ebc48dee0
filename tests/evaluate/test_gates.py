"""The gates of the evaluation."""

import dataclasses
import math

from components.evaluate.evaluation import Evaluation
from components.evaluate.gates import gates
from tests.evaluate.conftest import evaluate_settings


def test_each_gate_has_the_figure_of_the_test_split_and_the_limit_of_its_setting(evaluation: Evaluation) -> None:
    settings = evaluate_settings(minimum_melanoma_sensitivity=0.6, maximum_subgroup_gap=0.2, maximum_ece=0.1)
    melanoma, gap, calibration = gates(evaluation, settings)
    of_data = evaluation.judgement.of_data("ensemble (rank)", "test")
    assert (melanoma.figure, melanoma.limit, melanoma.at_least) == (of_data["melanoma_sensitivity"], 0.6, True)
    assert (gap.figure, gap.limit, gap.at_least) == (evaluation.gaps["sensitivity"].estimate.value, 0.2, False)
    assert (calibration.figure, calibration.limit, calibration.at_least) == (of_data["ece"], 0.1, False)


def test_without_two_subgroups_to_compare_the_gap_is_not_passed(evaluation: Evaluation) -> None:
    alone = dataclasses.replace(evaluation, subgroups=[])
    gap = gates(alone, evaluate_settings(maximum_subgroup_gap=1.0))[1]
    assert math.isnan(gap.figure)
    assert not gap.passed
