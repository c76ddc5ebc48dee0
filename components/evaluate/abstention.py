"""Abstention: lesions of which the ensemble is not sure enough, or that look unusual, go to a person."""

import numpy as np

from components.common.predictions import malignant_score
from components.common.taxonomy import CLASS_INDEX, MALIGNANT_INDEXES
from components.evaluate.binary import shares
from components.evaluate.decisions import confidence


def risk_coverage(confidences: np.ndarray, wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The share of wrong answers (risk) when only the most confident images are answered (coverage).

    Geifman, El-Yaniv: Selective Classification for Deep Neural Networks, NeurIPS 2017, arXiv 1705.08500.

    Args:
        confidences: float64 [images].
        wrong: bool [images].

    Returns:
        coverage and risk, float64 [thresholds] each, one for each distinct confidence, the highest first.
    """
    order, last = _ordered(confidences)
    ends = np.unique(last)
    return (ends + 1) / len(order), np.cumsum(wrong[order])[ends] / (ends + 1)


def _ordered(confidences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images by falling confidence, and for each place the last place of the same confidence, int [images]."""
    order = np.argsort(-confidences, kind="stable")
    falling = -confidences[order]
    return order, np.searchsorted(falling, falling, side="right") - 1


class AbstentionScores:
    """What abstaining changes on one split, for any weights of its images.

    Args:
        labels: int64 [images].
        probabilities: float64 [images, 9].
        malignant_threshold: on the sum of the malignant classes.
        abstain_threshold: on the confidence.
    """

    def __init__(
        self, labels: np.ndarray, probabilities: np.ndarray, malignant_threshold: float, abstain_threshold: float
    ) -> None:
        sure = confidence(probabilities)
        wrong = probabilities.argmax(axis=1) != labels
        answered, called = sure >= abstain_threshold, malignant_score(probabilities) >= malignant_threshold
        self._order, self._last = _ordered(sure)
        self._wrong = wrong[self._order][:, None]
        self._answers = shares(2 * answered + wrong, 4)
        self._malignant = shares(2 * answered + called, 4, np.isin(labels, MALIGNANT_INDEXES))
        self._melanomas = shares(2 * answered + called, 4, labels == CLASS_INDEX["MEL"])

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]; NaN where a round has none."""
        abstained_right, abstained_wrong, right, wrong = self._answers @ weights
        with np.errstate(invalid="ignore"):
            figures = {
                "risk_coverage_area": self._area(weights),
                "abstained": (abstained_right + abstained_wrong) / weights.sum(axis=0),
                "answered_accuracy": right / (right + wrong),
                "abstained_accuracy": abstained_right / (abstained_right + abstained_wrong),
            }
            for name, cells in (("malignant", self._malignant), ("melanoma", self._melanomas)):
                abstained_benign, abstained_called, missed, found = cells @ weights
                total = abstained_benign + abstained_called + missed + found
                figures[f"{name}_abstained"] = (abstained_benign + abstained_called) / total
                figures[f"{name}_missed"] = missed / total
        return figures

    def _area(self, weights: np.ndarray) -> np.ndarray:
        """The mean over the images of the risk among those at least as confident."""
        ordered = weights[self._order]
        answered, wrong = np.cumsum(ordered, axis=0)[self._last], np.cumsum(ordered * self._wrong, axis=0)[self._last]
        risk = np.divide(wrong, answered, out=np.zeros_like(wrong), where=answered > 0)
        return np.asarray((ordered * risk).sum(axis=0) / ordered.sum(axis=0))


class UnusualScores:
    """What the pictures of one split that are called unusual are worth, for any weights of its images.

    All of them are of lesions: that they are called so is a mistake, or a sign that the answer is worth less.

    Args:
        labels: int64 [images].
        probabilities: float64 [images, 9].
        unusual: bool [images].
    """

    def __init__(self, labels: np.ndarray, probabilities: np.ndarray, unusual: np.ndarray) -> None:
        wrong = probabilities.argmax(axis=1) != labels
        self._answers = shares(2 * unusual + wrong, 4)

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]; NaN where a round has none."""
        right, wrong, unusual_right, unusual_wrong = self._answers @ weights
        with np.errstate(invalid="ignore"):
            return {
                "unusual": (unusual_right + unusual_wrong) / weights.sum(axis=0),
                "unusual_accuracy": unusual_right / (unusual_right + unusual_wrong),
                "usual_accuracy": right / (right + wrong),
            }
