"""The settings of the stage."""

import math
from typing import Any

import pytest

from components.common.errors import SettingsError
from components.robustness.settings import RobustnessSettings


@pytest.mark.parametrize(
    "changes",
    [{"images": -1}, {"seed": -1}, {"maximum_corruption_error": 1.5}, {"maximum_corruption_error": math.nan}],
)
def test_a_value_out_of_range_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match=next(iter(changes))):
        RobustnessSettings(**{"images": 0, "seed": 0, "maximum_corruption_error": 0.2, **changes})
