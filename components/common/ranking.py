"""Areas under the ROC and the precision-recall curve for many sets of weights, the scores sorted once."""

import numpy as np
from scipy.sparse import csr_array


class Ranking:
    """How a score ranks the images of an outcome among the others.

    Both areas need the weights only between the distinct scores of the outcome's images: below each, tied with it, at
    it. One sparse matrix adds them up for all sets of weights at once, which costs one addition an image and set.

    Args:
        positive: bool [images], whether an image is of the outcome.
        score: float64 [images].
        counted: bool [images], the images to look at; by default all.
    """

    def __init__(self, positive: np.ndarray, score: np.ndarray, counted: np.ndarray | None = None) -> None:
        images = np.arange(len(score)) if counted is None else np.flatnonzero(counted)
        positive_here, score_here = positive[images], score[images]
        thresholds = np.unique(score_here[positive_here])
        self._thresholds = len(thresholds)
        place = np.searchsorted(thresholds, score_here)  # the first threshold that is not below the score
        tied = np.isin(score_here, thresholds)
        # Rows of the sums: positives at each threshold, negatives tied with each, negatives just below each and above.
        row = place + np.where(positive_here, 0, np.where(tied, 1, 2)) * self._thresholds
        shape = (3 * self._thresholds + 1, len(score))
        self._sums = csr_array((np.ones(len(images)), (row, images)), shape=shape)

    def areas(self, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Area under the ROC curve, and average precision, as scikit-learn defines both; ties are exact.

        Args:
            weights: float64 [images, sets].

        Returns:
            float64 [sets] each; NaN for a set that gives no weight to the outcome, or for the first area to the others.
        """
        end = self._thresholds
        sums = self._sums @ weights
        positive, tied = sums[:end], sums[end : 2 * end]
        upto = np.cumsum(sums[2 * end : -1] + tied, axis=0)  # negatives, up to and with each threshold
        all_positive, all_negative = positive.sum(axis=0), sums[end:].sum(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            pairs = (positive * (upto - tied / 2)).sum(axis=0)
            auc = pairs / (all_positive * all_negative)
            found = np.cumsum(positive[::-1], axis=0)[::-1]
            precision = found / (found + all_negative - upto + tied)
            terms = np.where(positive > 0, positive * precision, 0.0)
            return auc, terms.sum(axis=0) / all_positive
