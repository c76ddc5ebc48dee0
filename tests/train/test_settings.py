"""Wrong settings are refused by the name of their argument."""

from dataclasses import asdict
from typing import Any

import pytest

from components.common.errors import SettingsError
from components.train.settings import TrainSettings

GOOD = TrainSettings("a", "EfficientNetB0", 96, 64, 16, 1e-3, 4, 2, 1, "", 0, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"backbone": "ResNet50"}, "--backbone 'ResNet50': it must be one of EfficientNetB0, .*, EfficientNetB7"),
        ({"size": 128}, "--size 128 is larger than --crop 96"),
        ({"size": 16}, "--size 16: it must be at least 32"),
        ({"batch_size": 0}, "--batch-size 0: it must be at least 1"),
        ({"epochs": 0}, "--epochs 0"),
        ({"trials": -1}, "--trials -1: it must be at least 0"),
        ({"trial_epochs": 0}, "--trial-epochs 0"),
        ({"seed": -1}, "--seed -1: it must be from 0 to 4294967295"),
        ({"precision": "half"}, "--precision 'half': it must be one of auto, float32"),
        ({"gpus": -1}, "--gpus -1: it must be at least 0"),
        ({"learning_rate": 0.0}, "--learning-rate 0.0: it must be above 0"),
    ],
)
def test_a_wrong_setting_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        TrainSettings(**{**asdict(GOOD), **change})
