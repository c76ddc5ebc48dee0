"""What the search may choose, and where it starts."""

from dataclasses import asdict, dataclass, replace
from typing import Any

AUGMENTATIONS: tuple[str, ...] = ("flips", "colour", "randaugment", "mix")
"""Kinds of augmentation, see `augmentation.Augmenter`."""

IMBALANCES: tuple[str, ...] = ("none", "weights", "resampling", "focal")
"""Ways to make rare classes count, see `imbalance`."""

# The dropout of each EfficientNet as published (Tan and Le 2019, arXiv 1905.11946; keras.applications' defaults).
_DROPOUT = {"B0": 0.2, "B1": 0.2, "B2": 0.3, "B3": 0.3, "B4": 0.4, "B5": 0.4, "B6": 0.5, "B7": 0.5}


@dataclass(frozen=True)
class Hyperparameters:
    """One point of the search: all that a trial may set."""

    learning_rate: float
    """Peak of the schedule."""
    dropout: float
    """Share of the pooled features dropped in training."""
    label_smoothing: float
    """Share of the target spread evenly over the classes."""
    augmentation: str
    """One of `AUGMENTATIONS`; all of them flip and turn."""
    augmentation_strength: float
    """From 0 (flips and turns only) to 1; of no consequence to "flips"."""
    imbalance: str
    """One of `IMBALANCES`."""
    imbalance_strength: float
    """From 0 (all images count alike) to 1 (all classes do; focal loss has gamma 4); of no consequence to "none"."""
    demographics_weight: float
    """Factor of the demographics' logits: 0 leaves sex, age and site out."""

    @classmethod
    def published(cls, backbone: str, learning_rate: float) -> "Hyperparameters":
        """The study's settings: its rate, the backbone's own dropout, no smoothing, no weighting, mild augmentation."""
        return cls(
            learning_rate,
            dropout=_DROPOUT[backbone.removeprefix("EfficientNet")],
            label_smoothing=0.0,
            augmentation="colour",
            augmentation_strength=0.3,
            imbalance="none",
            imbalance_strength=0.0,
            demographics_weight=1.0,
        )

    def canonical(self) -> "Hyperparameters":
        """The same training with what is of no consequence set to 0, so that equal trainings are equal points."""
        changes: dict[str, Any] = {}
        if self.augmentation == "flips":
            changes["augmentation_strength"] = 0.0
        if self.imbalance == "none":
            changes["imbalance_strength"] = 0.0
        return replace(self, **changes)

    def settings(self) -> dict[str, float | str]:
        """By name."""
        return asdict(self)
