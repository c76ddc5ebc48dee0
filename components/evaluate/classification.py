"""Confusion matrix and ROC curve in the form of KFP's ClassificationMetrics, which its UI draws."""

from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix, roc_curve

from components.common.taxonomy import CLASSES

# The UI draws every point, and the metadata store keeps them all.
_POINTS = 200


def confusion_metadata(labels: np.ndarray, predicted: np.ndarray) -> dict[str, Any]:
    """Metadata of the confusion matrix: rows are the true classes, int [images] each."""
    matrix = confusion_matrix(labels, predicted, labels=range(len(CLASSES)))
    return {
        "confusionMatrix": {
            "annotationSpecs": [{"displayName": name} for name in CLASSES],
            "rows": [{"row": [int(count) for count in row]} for row in matrix],
        }
    }


def roc_metadata(positive: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Metadata of the ROC curve of a binary outcome; no points where one outcome has no image.

    Args:
        positive: bool [images].
        scores: float64 [images].
    """
    if positive.all() or not positive.any():
        return {"confidenceMetrics": []}
    false_positive, sensitivity, thresholds = roc_curve(positive, scores)
    chosen = np.unique(np.linspace(0, len(thresholds) - 1, _POINTS).astype(int))
    return {
        "confidenceMetrics": [
            {
                "confidenceThreshold": float(min(thresholds[index], 1.0)),
                "recall": float(sensitivity[index]),
                "falsePositiveRate": float(false_positive[index]),
            }
            for index in chosen
        ]
    }
