"""The decisions beyond the nine classes: malignant or benign, answered or left to a person, usual or not.

The first two are made on a score of the nine probabilities, at a threshold chosen on validation. For abstention what is
planned is the share of lesions that a person looks at again: unlike a wanted accuracy, it can always be kept, also by a
model that is poor, and a clinic knows how many lesions its people can look at.
"""

import numpy as np
from sklearn.metrics import roc_curve


def malignant_threshold(scores: np.ndarray, malignant: np.ndarray, minimum_sensitivity: float) -> float:
    """The highest threshold at which the sensitivity reaches the minimum; 0.5 where one of the outcomes has no image.

    Args:
        scores: float64 [images].
        malignant: bool [images].
        minimum_sensitivity: in 0..1.
    """
    if malignant.all() or not malignant.any():
        return 0.5
    _, sensitivity, thresholds = roc_curve(malignant, scores, drop_intermediate=False)
    return float(min(thresholds[np.argmax(sensitivity >= minimum_sensitivity)], 1.0))


def confidence(probabilities: np.ndarray) -> np.ndarray:
    """The largest of the probabilities, float64 [images], of float64 [images, 9]."""
    return np.asarray(probabilities.max(axis=1))


def abstain_threshold(confidences: np.ndarray, share: float) -> float:
    """The confidence below which the ensemble abstains: at most `share` of these images lie below, as near as can be.

    It lies halfway between two confidences, so that rounding moves no image across; 0, which none lies below, where the
    share is less than one image.

    Args:
        confidences: float64 [images], of the validation split.
        share: at least 0, below 1.
    """
    ordered = np.sort(confidences)
    below = int(share * len(ordered))
    return float((ordered[below - 1] + ordered[below]) / 2) if below else 0.0


def unusual_threshold(scores: np.ndarray, share: float) -> float:
    """The out-of-distribution score above which a picture is called unusual: at most `share` of these images lie above,
    as near as can be.

    What is really unlike the training images is not in the data: all that can be chosen is how many usual ones are
    called so by mistake. As in `abstain_threshold` it lies halfway between two scores; at the highest, where the share
    is less than one image.

    Args:
        scores: float64 [images], of the validation split.
        share: at least 0, below 1.
    """
    ordered = np.sort(scores)
    above = int(share * len(ordered))
    return float((ordered[-above - 1] + ordered[-above]) / 2) if above else float(ordered[-1])
