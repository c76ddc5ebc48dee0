"""The settings of the conversion."""

import math
from dataclasses import dataclass

from components.common.errors import SettingsError
from components.common.onnx_model import FLOAT16, FLOAT32, INT8

_SHARES = ("minimum_unchanged", "maximum_conversion_auc_loss")


@dataclass(frozen=True)
class Limits:
    """Gates of a variant, against TensorFlow."""

    maximum_difference: float
    minimum_unchanged: float
    maximum_auc_loss: float


@dataclass(frozen=True)
class ConvertSettings:
    """What a person may set; the names are those of the command line.

    Raises:
        SettingsError: a value is out of its range.
    """

    maximum_difference: float
    """Gate of `ensemble.onnx`: largest difference allowed between TensorFlow's and ONNX's probabilities. No decision
    may change there."""
    float16_maximum_difference: float
    """The same of the variant float16."""
    int8_maximum_difference: float
    """The same of the variant int8."""
    minimum_unchanged: float
    """Gate of the smaller variants: share of images on which the decisions must stay the same."""
    maximum_conversion_auc_loss: float
    """Gate of all variants: how much of the macro AUC may be lost."""
    calibration_images: int
    """Training images that int8 is calibrated on, at most."""
    parity_images: int
    """Test images to compare on, at most; 0 takes all."""
    latency_rounds: int
    """Times that each contender is timed for one image; a quarter of it for a batch."""

    def __post_init__(self) -> None:
        for name in ("maximum_difference", "float16_maximum_difference", "int8_maximum_difference"):
            value = getattr(self, name)
            if not (math.isfinite(value) and 0 < value <= 1):
                raise SettingsError(f"{name} must be above 0 and at most 1, not {value}")
        for name in _SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        for name, least in (("calibration_images", 1), ("parity_images", 0), ("latency_rounds", 1)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}, not {getattr(self, name)}")

    def limits(self, variant: str) -> Limits:
        """The gates of one variant."""
        return {
            FLOAT32: Limits(self.maximum_difference, 1.0, self.maximum_conversion_auc_loss),
            FLOAT16: Limits(self.float16_maximum_difference, self.minimum_unchanged, self.maximum_conversion_auc_loss),
            INT8: Limits(self.int8_maximum_difference, self.minimum_unchanged, self.maximum_conversion_auc_loss),
        }[variant]
