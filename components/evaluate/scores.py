"""All figures of one set of probabilities, for the images as they are and for resamples of them.

Each is what scikit-learn gives with sample weights (the tests compare them), worked out for many sets of weights at
once. The expected calibration error is the mean gap between confidence and accuracy over 15 equal bins of confidence
(Guo et al. 2017, arXiv 1706.04599); the Brier score is the sum over the classes, from 0 to 2.
"""

import numpy as np

from components.common.predictions import malignant_score
from components.common.taxonomy import CLASS_INDEX, MALIGNANT_INDEXES
from components.evaluate.binary import BinaryScores, shares
from components.evaluate.classes import ClassScores

WITHOUT_UNK = "_without_unk"
"""Ends the name of a figure for which the images of UNK are left out, and the other eight share its probability."""

_UNK, _MELANOMA = CLASS_INDEX["UNK"], CLASS_INDEX["MEL"]


class Scores:
    """The figures of one model on one split.

    Means over classes are over those that a round holds; a figure that its classes do not allow is NaN.

    Args:
        labels: int64 [images].
        probabilities: float64 [images, 9].
        malignant_threshold: on the sum of the malignant classes.
    """

    def __init__(self, labels: np.ndarray, probabilities: np.ndarray, malignant_threshold: float) -> None:
        known = labels != _UNK
        malignant, score = np.isin(labels, MALIGNANT_INDEXES), malignant_score(probabilities)
        self._classes = ClassScores(labels, probabilities)
        self._known_classes = ClassScores(labels, without_unknown(probabilities), known)
        self._malignant = BinaryScores(malignant, score, malignant_threshold)
        # The decision is the same as with UNK; only the benign images are others.
        self._known_malignant = BinaryScores(malignant, score, malignant_threshold, known)
        self._melanomas = shares((score >= malignant_threshold).astype(int), 2, labels == _MELANOMA)

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]."""
        classes, known = self._classes(weights), self._known_classes(weights)
        malignant, known_malignant = self._malignant(weights), self._known_malignant(weights)
        missed, found = self._melanomas @ weights
        with np.errstate(invalid="ignore"):
            melanoma_sensitivity = found / (missed + found)
        return {
            **classes,
            **{f"malignant_{name}": values for name, values in malignant.items()},
            "melanoma_sensitivity": melanoma_sensitivity,
            **{name + WITHOUT_UNK: values for name, values in known.items() if not name.endswith("_UNK")},
            **{f"malignant_{name}{WITHOUT_UNK}": values for name, values in known_malignant.items()},
        }


def without_unknown(probabilities: np.ndarray) -> np.ndarray:
    """Probabilities among the eight diagnoses, float64 [images, 9]: that of UNK is 0."""
    kept = probabilities.copy()
    kept[:, _UNK] = 0
    return kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)
