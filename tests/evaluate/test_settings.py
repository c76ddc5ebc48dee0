"""Settings out of their range are refused by name."""

import math
from typing import Any

import pytest

from components.common.errors import SettingsError
from tests.evaluate.conftest import evaluate_settings


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("method", "mean", "must be one of rank, probability, not 'mean'"),
        ("minimum_sensitivity", 0.0, "must be above 0 and at most 1, not 0.0"),
        ("minimum_sensitivity", math.nan, "must be above 0"),
        ("abstained_share", 1.0, "must be at least 0 and below 1, not 1.0"),
        ("out_of_distribution_share", 1.0, "must be at least 0 and below 1, not 1.0"),
        ("minimum_subgroup_images", 0, "must be at least 1, not 0"),
        ("bootstrap_rounds", 99, "must be at least 100, not 99"),
        ("seed", -1, "must be at least 0, not -1"),
        ("minimum_melanoma_sensitivity", 1.5, "must be from 0 to 1, not 1.5"),
        ("maximum_subgroup_gap", -0.1, "must be from 0 to 1, not -0.1"),
        ("maximum_ece", math.nan, "must be from 0 to 1, not nan"),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(name: str, value: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=f"{name} {message}"):
        evaluate_settings(**{name: value})
