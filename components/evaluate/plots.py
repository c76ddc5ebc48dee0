"""The pictures of the evaluation: confusion matrix, ROC curves, reliability."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from sklearn.metrics import confusion_matrix, roc_curve

from components.common.figures import finished
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.fitting import malignant_score
from components.evaluate.scores import auc


def confusion(labels: np.ndarray, predicted: np.ndarray) -> Figure:
    """Counts, coloured by the share of the true class."""
    counts = confusion_matrix(labels, predicted, labels=range(len(CLASSES)))
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(6.4, 5.6))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            ink = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=ink)
    ticks = range(len(CLASSES))
    axes.set(xticks=ticks, yticks=ticks, xticklabels=CLASSES, yticklabels=CLASSES, xlabel="predicted", ylabel="true")
    return finished(figure)


def roc_curves(labels: np.ndarray, probabilities: np.ndarray) -> Figure:
    """One against rest for each class that has images, and malignant against benign."""
    figure, axes = plt.subplots(figsize=(6.4, 5.6))
    for index, name in enumerate(CLASSES):
        _roc(axes, labels == index, probabilities[:, index], name, width=1.2)
    _roc(
        axes, np.isin(labels, MALIGNANT_INDEXES), malignant_score(probabilities), "malignant", width=2.6, color="black"
    )
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.set(xlabel="1 - specificity", ylabel="sensitivity")
    axes.legend(frameon=False, fontsize=9)
    return finished(figure)


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> Figure:
    """Accuracy against confidence; the area of a dot is the number of images in its bin."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    of_bin = np.minimum((confidence * bins).astype(int), bins - 1)
    filled = np.unique(of_bin)
    size = [(of_bin == b).mean() * 1500 for b in filled]
    figure, axes = plt.subplots(figsize=(4.6, 4.2))
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.scatter(
        [confidence[of_bin == b].mean() for b in filled], [right[of_bin == b].mean() for b in filled], s=size, alpha=0.6
    )
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    return finished(figure)


def _roc(axes, positive: np.ndarray, score: np.ndarray, name: str, *, width: float, color: str | None = None) -> None:  # type: ignore[no-untyped-def]
    area = auc(positive, score)
    if np.isfinite(area):
        false_positive, sensitivity, _ = roc_curve(positive, score)
        axes.plot(false_positive, sensitivity, label=f"{name} {area:.2f}", linewidth=width, color=color)
