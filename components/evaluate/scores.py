"""The figures of one set of probabilities, by scikit-learn."""

import math

import numpy as np
from sklearn.metrics import accuracy_score, precision_recall_fscore_support, recall_score, roc_auc_score

from components.common.scores import macro_auc
from components.common.taxonomy import CLASS_INDEX, CLASSES, MALIGNANT_INDEXES
from components.evaluate.fitting import malignant_score

_BINS = 15


def scores(labels: np.ndarray, probabilities: np.ndarray, malignant_threshold: float) -> dict[str, float]:
    """All scalar figures of one split; those that its classes do not allow are NaN, and means are over those it has.

    Args:
        labels: int64 [images].
        probabilities: float64 [images, 9].
        malignant_threshold: on the sum of the malignant classes.
    """
    predicted = probabilities.argmax(axis=1)
    malignant = np.isin(labels, MALIGNANT_INDEXES)
    score = malignant_score(probabilities)
    called = score >= malignant_threshold
    known, of_known = _without_unknown(labels, probabilities)
    present = np.unique(labels)
    macro = precision_recall_fscore_support(labels, predicted, labels=present, average="macro", zero_division=0.0)
    weighted = precision_recall_fscore_support(labels, predicted, average="weighted", zero_division=0.0)
    return {
        "accuracy": float(accuracy_score(labels, predicted)),
        "balanced_accuracy": float(recall_score(labels, predicted, labels=present, average="macro")),
        "macro_precision": float(macro[0]),
        "macro_recall": float(macro[1]),
        "macro_f1": float(macro[2]),
        "weighted_precision": float(weighted[0]),
        "weighted_recall": float(weighted[1]),
        "weighted_f1": float(weighted[2]),
        "macro_auc": macro_auc(labels, probabilities),
        "macro_auc_without_unk": macro_auc(known, of_known) if len(known) else math.nan,
        "accuracy_without_unk": float((of_known.argmax(axis=1) == known).mean()) if len(known) else math.nan,
        "melanoma_auc": auc(labels == CLASS_INDEX["MEL"], probabilities[:, CLASS_INDEX["MEL"]]),
        "malignant_auc": auc(malignant, score),
        "malignant_sensitivity": float(called[malignant].mean()) if malignant.any() else math.nan,
        "malignant_specificity": float(1 - called[~malignant].mean()) if not malignant.all() else math.nan,
        "ece": expected_calibration_error(labels, probabilities),
    }


def class_table(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, dict[str, float]]:
    """Images, precision, recall, F1 and AUC of each class."""
    precision, recall, f1, images = precision_recall_fscore_support(
        labels, probabilities.argmax(axis=1), labels=range(len(CLASSES)), zero_division=0.0
    )
    return {
        name: {
            "images": int(images[index]),
            "precision": float(precision[index]),
            "recall": float(recall[index]) if images[index] else math.nan,
            "F1": float(f1[index]) if images[index] else math.nan,
            "AUC": auc(labels == index, probabilities[:, index]),
        }
        for index, name in enumerate(CLASSES)
    }


def auc(positive: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve; NaN where one of the outcomes has no image."""
    if positive.all() or not positive.any():
        return math.nan
    return float(roc_auc_score(positive, score))


def expected_calibration_error(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean gap between confidence and accuracy over 15 equal bins of confidence (Guo et al. 2017, arXiv 1706.04599)."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in np.unique(bins)]
    return float(np.sum(gaps))


def _without_unknown(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The images of the eight diagnoses, and their probabilities among these eight, [images, 8]."""
    known = labels != CLASS_INDEX["UNK"]
    kept = np.delete(probabilities[known], CLASS_INDEX["UNK"], axis=1)
    return labels[known], kept / np.maximum(kept.sum(axis=1, keepdims=True), 1e-12)
