"""What the search may choose, and where it starts."""

from dataclasses import asdict, dataclass
from typing import Any

from skopt.space import Dimension, Real

# The dropout of each EfficientNet as published (Tan and Le 2019, arXiv 1905.11946; keras.applications' defaults).
_DROPOUT = {"B0": 0.2, "B1": 0.2, "B2": 0.3, "B3": 0.3, "B4": 0.4, "B5": 0.4, "B6": 0.5, "B7": 0.5}


@dataclass(frozen=True)
class Hyperparameters:
    """One point of the search."""

    learning_rate: float
    """Peak of the schedule."""
    dropout: float
    """Share of the pooled features dropped in training."""
    label_smoothing: float
    """Share of the target spread evenly over the classes."""
    augmentation: float
    """Strength of the augmentation, from 0 (flips and turns only) to 1."""
    class_weighting: float
    """Exponent of the inverse class frequency that weighs each image: 0 is none, 1 makes all classes count alike."""

    @classmethod
    def published(cls, backbone: str, learning_rate: float) -> "Hyperparameters":
        """The study's settings: its rate, the backbone's own dropout, no smoothing, no weighting, mild augmentation."""
        dropout = _DROPOUT[backbone.removeprefix("EfficientNet")]
        return cls(learning_rate, dropout, label_smoothing=0.0, augmentation=0.3, class_weighting=0.0)

    @classmethod
    def from_point(cls, point: list[Any]) -> "Hyperparameters":
        """From scikit-optimize's point, whose values are NumPy scalars."""
        return cls(*(float(value) for value in point))

    def point(self) -> list[float]:
        """As scikit-optimize wants it, in the order of `space`."""
        return list(asdict(self).values())


def space(learning_rate: float) -> list[Dimension]:
    """The search space around a starting rate, in the order of Hyperparameters' fields."""
    return [
        Real(learning_rate / 10, learning_rate * 10, prior="log-uniform", name="learning_rate"),
        Real(0.0, 0.6, name="dropout"),
        Real(0.0, 0.2, name="label_smoothing"),
        Real(0.0, 1.0, name="augmentation"),
        Real(0.0, 1.0, name="class_weighting"),
    ]
