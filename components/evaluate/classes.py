"""The figures of a choice between the classes, for any weights of the images."""

import math

import numpy as np

from components.common.ranking import Ranking
from components.common.taxonomy import CLASS_INDEX, CLASSES
from components.evaluate.binary import shares

OF_CLASS: tuple[str, ...] = ("precision", "recall", "f1", "auc", "average_precision")
"""Figures that each class has, one against the rest; `of_class` names them."""

_BINS = 15
_MELANOMA = CLASS_INDEX["MEL"]


def of_class(figure: str, name: str) -> str:
    """The key of a class's figure: `recall_MEL`."""
    return f"{figure}_{name}"


class ClassScores:
    """Figures of each class, their means, and calibration.

    Args:
        labels: int64 [images].
        probabilities: float64 [images, 9].
        counted: bool [images], the images to look at; by default all.
    """

    def __init__(self, labels: np.ndarray, probabilities: np.ndarray, counted: np.ndarray | None = None) -> None:
        predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
        bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
        squares = ((probabilities - np.eye(len(CLASSES))[labels]) ** 2).sum(axis=1)
        self._confusion = shares(len(CLASSES) * labels + predicted, len(CLASSES) ** 2, counted)
        self._gaps = shares(bins, _BINS, counted, confidence - (predicted == labels))
        self._squares = shares(np.zeros(len(labels), int), 1, counted, squares)
        self._rankings = [Ranking(labels == k, probabilities[:, k], counted) for k in range(len(CLASSES))]

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]; see `Scores`."""
        confusion = (self._confusion @ weights).reshape(len(CLASSES), len(CLASSES), -1)
        support, total = confusion.sum(axis=1), confusion.sum(axis=(0, 1))
        each = self._of_each_class(confusion, support, weights)
        with np.errstate(invalid="ignore"):
            weighted = {name: np.nansum(each[name] * support, axis=0) / total for name in ("precision", "recall", "f1")}
            ece = np.abs(self._gaps @ weights).sum(axis=0) / total
            brier = (self._squares @ weights)[0] / total
        figures = {
            "accuracy": weighted["recall"],
            "balanced_accuracy": _mean(each["recall"]),
            **{f"macro_{name}": _mean(values) for name, values in each.items()},
            **{f"weighted_{name}": values for name, values in weighted.items()},
            "melanoma_auc": each["auc"][_MELANOMA],
            "melanoma_average_precision": each["average_precision"][_MELANOMA],
            "ece": ece,
            "brier": brier,
        }
        return figures | {of_class(name, CLASSES[k]): row for name, rows in each.items() for k, row in enumerate(rows)}

    def _of_each_class(self, confusion: np.ndarray, support: np.ndarray, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Each of `OF_CLASS`, float64 [9, rounds]; NaN for a class that a round holds no image of."""
        hits, called = np.einsum("kkr->kr", confusion), confusion.sum(axis=0)
        areas = np.array([ranking.areas(weights) for ranking in self._rankings])
        held = np.where(support > 0, support, math.nan)
        precision = np.where(np.isnan(held), math.nan, hits / np.maximum(called, 1))
        values = (precision, hits / held, 2 * hits / (held + called), areas[:, 0], areas[:, 1])
        return dict(zip(OF_CLASS, values, strict=True))


def _mean(values: np.ndarray) -> np.ndarray:
    """The mean over the classes that a round has, float64 [rounds]; NaN where it has none."""
    held = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.where(held, values, 0.0).sum(axis=0) / held.sum(axis=0)
