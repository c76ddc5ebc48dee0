"""The settings of the conversion."""

import math
from dataclasses import dataclass

from components.common.errors import SettingsError


@dataclass(frozen=True)
class ConvertSettings:
    """What a person may set; the names are those of the command line.

    Raises:
        SettingsError: a value is out of its range.
    """

    maximum_difference: float
    """Gate: largest difference allowed between TensorFlow's and ONNX's probabilities."""
    parity_images: int
    """Test images to compare on, at most."""
    latency_rounds: int
    """Times that each contender is timed."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.maximum_difference) and 0 < self.maximum_difference <= 1):
            raise SettingsError(f"maximum_difference must be above 0 and at most 1, not {self.maximum_difference}")
        for name in ("parity_images", "latency_rounds"):
            if getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 1, not {getattr(self, name)}")
