"""The pictures of the evaluation: confusion matrix, curves, reliability, figures with their intervals."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import auc, confusion_matrix, roc_curve

from components.common.bootstrap import Estimate
from components.common.figures import finished
from components.common.predictions import malignant_score
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.abstention import risk_coverage
from components.evaluate.decisions import confidence

NONE = Estimate(np.nan, np.nan, np.nan)
"""A figure that is not drawn."""

# Side by side.
_PANELS = 3

_ENSEMBLE, _OTHER = "#2457c5", "#8a94a6"


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
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    return finished(figure)


def _roc(
    axes: Axes, positive: np.ndarray, score: np.ndarray, name: str, *, width: float, color: str | None = None
) -> None:
    if positive.any() and not positive.all():
        false_positive, sensitivity, _ = roc_curve(positive, score)
        area = auc(false_positive, sensitivity)
        axes.plot(false_positive, sensitivity, label=f"{name} {area:.2f}", linewidth=width, color=color)


def reliability(labels: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> Figure:
    """Accuracy against confidence; the area of a dot is the number of images in its bin."""
    sure, right = confidence(probabilities), probabilities.argmax(axis=1) == labels
    of_bin = np.minimum((sure * bins).astype(int), bins - 1)
    filled = np.unique(of_bin)
    size = [(of_bin == b).mean() * 1500 for b in filled]
    figure, axes = plt.subplots(figsize=(5.2, 4.6))
    axes.plot([0, 1], [0, 1], ":", color="grey")
    axes.scatter(
        [sure[of_bin == b].mean() for b in filled],
        [right[of_bin == b].mean() for b in filled],
        s=size,
        alpha=0.6,
        color=_ENSEMBLE,
        clip_on=False,
    )
    axes.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    return finished(figure, grid=True)


def risk_coverage_curves(
    labels: np.ndarray, ensemble: tuple[str, np.ndarray], others: Mapping[str, np.ndarray], threshold: float
) -> Figure:
    """Share of wrong answers by the share of lesions answered, and where the ensemble's threshold lies.

    Args:
        labels: int64 [images].
        ensemble: its name, and its probabilities, float64 [images, 9].
        others: those of the other models, by name.
        threshold: of the ensemble's confidence.
    """
    figure, axes = plt.subplots(figsize=(6.4, 4.4))
    for number, (name, probabilities) in enumerate(others.items()):
        axes.plot(*_risks(labels, probabilities), color=_OTHER, linewidth=1, linestyle=_dashes(number), label=name)
    name, probabilities = ensemble
    axes.plot(*_risks(labels, probabilities), color=_ENSEMBLE, linewidth=2.2, label=name)
    answered = (confidence(probabilities) >= threshold).mean()
    axes.axvline(answered, color=_ENSEMBLE, linewidth=1, linestyle=":")
    axes.annotate(
        f"answered: {answered:.0%}", (answered, 0.02), xycoords=("data", "axes fraction"), xytext=(-4, 0),
        textcoords="offset points", ha="right", color=_ENSEMBLE,
    )  # fmt: skip
    axes.set(xlabel="share of lesions answered (coverage)", ylabel="share of answers wrong (risk)", xlim=(0, 1))
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)
    return finished(figure, grid=True)


def _risks(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return risk_coverage(confidence(probabilities), probabilities.argmax(axis=1) != labels)


def _dashes(number: int) -> str | tuple[int, tuple[int, ...]]:
    styles = ("-", (0, (6, 2)), (0, (3, 2)), (0, (1, 2)))
    return styles[number % len(styles)]


def intervals(panels: Mapping[str, Mapping[str, Estimate]], *, zero: bool = False) -> Figure:
    """Figures as dots on their intervals: a panel each, a row for each of what they are figures of.

    Args:
        panels: by title, the estimates by row; all have the same rows.
        zero: whether to mark 0, for differences.
    """
    rows, height = list(next(iter(panels.values()))), -(-len(panels) // _PANELS)
    figure, axes = plt.subplots(
        height, _PANELS, figsize=(2.6 * _PANELS + 2, height * (0.3 * len(rows) + 1)), sharey=True, squeeze=False
    )
    for panel, (title, found) in zip(axes.flat, panels.items(), strict=False):
        _dots(panel, [found[row] for row in rows], rows)
        panel.set_title(title, fontsize=10)
        if zero:
            panel.axvline(0, color="grey", linewidth=1)
    for empty in axes.flat[len(panels) :]:
        empty.set_axis_off()
    return finished(figure, grid=True)


def _dots(axes: Axes, found: Sequence[Estimate], rows: Sequence[str]) -> None:
    heights = np.arange(len(rows))[::-1]
    for height, one in zip(heights, found, strict=True):
        axes.plot([one.low, one.high], [height, height], color=_ENSEMBLE, linewidth=2, solid_capstyle="round")
        axes.plot(one.value, height, "o", color=_ENSEMBLE, markersize=5)
    axes.set(yticks=heights, yticklabels=rows, ylim=(-0.6, len(rows) - 0.4))
    axes.tick_params(labelsize=9)
