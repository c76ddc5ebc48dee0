"""The figure that several stages judge a model by."""

import numpy as np
from sklearn.metrics import roc_auc_score


def macro_auc(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Macro AUC: the mean over the classes of the area under the one-against-rest ROC curve.

    Args:
        labels: class indexes, int [images].
        probabilities: float [images, classes].

    Returns:
        The mean over the classes that have images and are not alone; NaN where there is no such class.
    """
    present = [label for label in range(probabilities.shape[1]) if 0 < (labels == label).sum() < len(labels)]
    if not present:
        return float("nan")
    return float(np.mean([roc_auc_score(labels == label, probabilities[:, label]) for label in present]))
