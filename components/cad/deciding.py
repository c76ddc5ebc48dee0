"""From what the model says of the pictures of a lesion to what is said of the lesion."""

from dataclasses import dataclass

import numpy as np

from components.cad.records.prediction import Thresholds
from components.common.taxonomy import MALIGNANT_INDEXES


@dataclass(frozen=True)
class Decision:
    """What is said of a lesion."""

    probabilities: np.ndarray
    """float64 [9]: the mean over the pictures."""
    malignant_probability: float
    malignant: bool
    abstain: bool
    """Whether no class is probable enough."""
    out_of_distribution: float
    """The highest of the pictures' scores."""
    unusual: bool
    """Whether that lies above its threshold."""


def decide(probabilities: np.ndarray, scores: np.ndarray, thresholds: Thresholds) -> Decision:
    """Hold the model's figures against its thresholds.

    Args:
        probabilities: of each picture, float32 [pictures, 9].
        scores: of each picture, how far it is from the training images, float32 [pictures].
        thresholds: the model's.
    """
    mean = probabilities.astype(np.float64).mean(axis=0)
    malignant, score = float(mean[list(MALIGNANT_INDEXES)].sum()), float(scores.max())
    return Decision(
        probabilities=mean,
        malignant_probability=malignant,
        malignant=malignant >= thresholds.malignant,
        abstain=bool(mean.max() < thresholds.abstain),
        out_of_distribution=score,
        unusual=score > thresholds.out_of_distribution,
    )
