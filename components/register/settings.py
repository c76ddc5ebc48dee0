"""The stage's arguments, checked before any work."""

import re
from dataclasses import dataclass

from components.common.errors import SettingsError

AUCS: tuple[str, ...] = ("macro_auc", "melanoma_auc", "malignant_auc")
DECISIONS: tuple[str, ...] = ("melanoma_sensitivity", "malignant_sensitivity", "malignant_specificity")
FIGURES: tuple[str, ...] = (*AUCS, *DECISIONS)
"""In which a challenger is compared with the champion; evaluate's names and definitions."""

# Of fewer resamples the 2.5th percentile is one of the outermost few.
_LEAST_ROUNDS = 100
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,127}")


def check_name(name: str) -> str:
    """Return the model's name if it can stand in `models:/NAME@champion`.

    Raises:
        SettingsError: it is empty, too long, or has characters other than those that the message names.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"the model name {name!r} must begin with a letter or digit and hold at most 128 letters, digits, spaces, "
            "dots, dashes and underscores"
        )
    return name


@dataclass(frozen=True)
class Rules:
    """When a challenger takes the champion's place; the names are those of the command line.

    Raises:
        SettingsError: a value is out of its range.
    """

    decisive_figure: str
    """One of `FIGURES`: the interval of the challenger's lead in it must lie above 0."""
    maximum_auc_loss: float
    """By how much each AUC may be worse than the champion's, at the lower end of the difference's interval."""
    maximum_decision_loss: float
    """The same for the sensitivities and the specificity of the malignant decision."""
    bootstrap_rounds: int
    seed: int
    """Of the resamples."""

    def __post_init__(self) -> None:
        if self.decisive_figure not in FIGURES:
            raise SettingsError(f"decisive_figure must be one of {', '.join(FIGURES)}, not {self.decisive_figure!r}")
        for name in ("maximum_auc_loss", "maximum_decision_loss"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise SettingsError(f"{name} must be from 0 to 1, not {getattr(self, name)}")
        for name, least in (("bootstrap_rounds", _LEAST_ROUNDS), ("seed", 0)):
            if getattr(self, name) < least:
                raise SettingsError(f"{name} must be at least {least}, not {getattr(self, name)}")


def check_minimum(minimum: float) -> float:
    """Return the gate's threshold if it is an AUC, between 0 and 1.

    Raises:
        SettingsError: it is not.
    """
    if not 0.0 <= minimum <= 1.0:
        raise SettingsError(f"minimum_test_macro_auc must be between 0 and 1, not {minimum}")
    return minimum
