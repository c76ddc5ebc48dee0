"""The figures of a decision between two outcomes, for any weights of the images."""

import numpy as np
from scipy.sparse import csr_array

from components.common.ranking import Ranking


class BinaryScores:
    """Area under the ROC curve, average precision, sensitivity and specificity.

    Args:
        positive: bool [images], the outcome.
        score: float64 [images].
        threshold: an image is called positive where its score reaches this.
        counted: bool [images], the images to look at; by default all.
    """

    def __init__(
        self, positive: np.ndarray, score: np.ndarray, threshold: float, counted: np.ndarray | None = None
    ) -> None:
        self._ranking = Ranking(positive, score, counted)
        self._cells = shares(2 * positive + (score >= threshold), 4, counted)

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]; NaN where an outcome has no image."""
        auc, average_precision = self._ranking.areas(weights)
        rejected, false_alarms, missed, found = self._cells @ weights
        with np.errstate(invalid="ignore"):
            sensitivity, specificity = found / (found + missed), rejected / (rejected + false_alarms)
        return {
            "auc": auc,
            "average_precision": average_precision,
            "sensitivity": sensitivity,
            "specificity": specificity,
        }


def shares(
    rows: np.ndarray, count: int, counted: np.ndarray | None = None, values: np.ndarray | None = None
) -> csr_array:
    """The sparse matrix that adds up weights (times values) by row: `shares(...) @ weights` is float64 [count, rounds].

    Args:
        rows: int [images], the row that each image belongs to.
        count: number of rows.
        counted: bool [images], the images to look at; by default all.
        values: float64 [images]; by default 1.
    """
    images = np.arange(len(rows)) if counted is None else np.flatnonzero(counted)
    data = np.ones(len(images)) if values is None else values[images]
    return csr_array((data, (rows[images], images)), shape=(count, len(rows)))
