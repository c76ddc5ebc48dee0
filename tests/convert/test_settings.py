"""The settings of the conversion."""

import pytest

from components.common.errors import SettingsError
from components.convert.settings import ConvertSettings


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.0, 10, 5), "maximum_difference must be above 0 and at most 1, not 0.0"),
        ((float("nan"), 10, 5), "maximum_difference must be above 0 and at most 1, not nan"),
        ((1e-4, 0, 5), "parity_images must be at least 1, not 0"),
        ((1e-4, 10, -1), "latency_rounds must be at least 1, not -1"),
    ],
)
def test_a_value_out_of_range_is_named(values: tuple[float, int, int], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        ConvertSettings(*values)
