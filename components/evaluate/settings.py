"""The settings of the evaluation."""

from dataclasses import dataclass

from components.common.ensemble import METHODS
from components.common.errors import SettingsError

# Of fewer resamples the 2.5th percentile is one of the outermost few.
_LEAST_ROUNDS = 100


@dataclass(frozen=True)
class EvaluateSettings:
    """What a person may set; the names are those of the command line.

    Raises:
        SettingsError: a value is out of its range.
    """

    method: str
    """What the ensemble to be served averages: "rank" or "probability"."""
    minimum_sensitivity: float
    """For malignant lesions: each model's threshold is the highest that reaches it on validation."""
    abstained_share: float
    """Share of validation images, those of least confidence, that the ensemble leaves to a person."""
    out_of_distribution_share: float
    """Share of validation images, those least like the training images, that the ensemble says so of."""
    minimum_subgroup_images: int
    """A figure of a subgroup needs as many images of each outcome that it is about."""
    bootstrap_rounds: int
    seed: int
    """Of the resamples."""
    minimum_melanoma_sensitivity: float
    """Gate: share of the test melanomas that must be called malignant."""
    maximum_subgroup_gap: float
    """Gate: largest difference allowed between the sensitivities of two subgroups."""
    maximum_ece: float
    """Gate: largest expected calibration error allowed."""

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise SettingsError(f"method must be one of {', '.join(METHODS)}, not {self.method!r}")
        if not 0 < self.minimum_sensitivity <= 1:
            raise SettingsError(f"minimum_sensitivity must be above 0 and at most 1, not {self.minimum_sensitivity}")
        for name in ("abstained_share", "out_of_distribution_share"):
            if not 0 <= getattr(self, name) < 1:
                raise SettingsError(f"{name} must be at least 0 and below 1, not {getattr(self, name)}")
        for name in ("minimum_melanoma_sensitivity", "maximum_subgroup_gap", "maximum_ece"):
            if not 0 <= getattr(self, name) <= 1:
                raise SettingsError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        for name, least in (("minimum_subgroup_images", 1), ("bootstrap_rounds", _LEAST_ROUNDS), ("seed", 0)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}, not {getattr(self, name)}")
