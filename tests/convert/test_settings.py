"""The settings of the conversion."""

from typing import Any

import pytest

from components.common.errors import SettingsError
from components.convert.settings import ConvertSettings, Limits

SETTINGS: dict[str, Any] = {
    "maximum_difference": 1e-4, "float16_maximum_difference": 0.01, "int8_maximum_difference": 0.1,
    "minimum_unchanged": 0.99, "maximum_conversion_auc_loss": 0.005, "calibration_images": 8, "parity_images": 10,
    "latency_rounds": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("maximum_difference", 0.0, "maximum_difference must be above 0 and at most 1, not 0.0"),
        ("maximum_difference", float("nan"), "maximum_difference must be above 0 and at most 1, not nan"),
        ("int8_maximum_difference", 1.5, "int8_maximum_difference must be above 0 and at most 1, not 1.5"),
        ("minimum_unchanged", 99.0, "minimum_unchanged must be from 0 to 1, not 99.0"),
        ("maximum_conversion_auc_loss", -0.1, "maximum_conversion_auc_loss must be from 0 to 1, not -0.1"),
        ("calibration_images", 0, "calibration_images must be at least 1, not 0"),
        ("parity_images", -1, "parity_images must be at least 0, not -1"),
        ("latency_rounds", -1, "latency_rounds must be at least 1, not -1"),
    ],
)
def test_a_value_out_of_range_is_named(name: str, value: float, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ConvertSettings(**{**SETTINGS, name: value})


def test_each_variant_has_its_own_limits_and_the_main_file_changes_no_decision() -> None:
    settings = ConvertSettings(**SETTINGS)
    assert settings.limits("float32") == Limits(1e-4, 1.0, 0.005)
    assert settings.limits("float16") == Limits(0.01, 0.99, 0.005)
    assert settings.limits("int8") == Limits(0.1, 0.99, 0.005)
