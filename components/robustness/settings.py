"""The settings of the stage."""

from dataclasses import dataclass

from components.common.errors import SettingsError


@dataclass(frozen=True)
class RobustnessSettings:
    """What a person may set; the names are those of the command line.

    Raises:
        SettingsError: a value is out of its range.
    """

    images: int
    """Test images to corrupt, at most, drawn evenly from the classes; 0 takes all."""
    seed: int
    """Of the drawing and the corruptions."""
    maximum_corruption_error: float
    """Gate: by how much the balanced error may rise above that of clean pictures, as a mean over all corruptions."""

    def __post_init__(self) -> None:
        if self.images < 0:
            raise SettingsError(f"images must be at least 0 (all), not {self.images}")
        if self.seed < 0:
            raise SettingsError(f"seed must be at least 0, not {self.seed}")
        if not 0.0 <= self.maximum_corruption_error <= 1.0:
            raise SettingsError(f"maximum_corruption_error must be from 0 to 1, not {self.maximum_corruption_error}")
