"""The pictures of a training: learning curves, the learning rate, the search."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from components.train.hyperparameters import Hyperparameters
from components.train.schedule import cosine_with_warmup

_TRAIN, _VALIDATION = "#2457c5", "#d1662b"


def learning_curves(history: pd.DataFrame) -> Figure:
    """Loss and accuracy on both splits, and validation macro AUC, over the epochs."""
    figure, (loss, accuracy, auc) = plt.subplots(1, 3, figsize=(13, 3.8))
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        axes.plot(history["epoch"], history[name], color=_TRAIN, marker=".", label="training (augmented)")
        axes.plot(history["epoch"], history[f"validation_{name}"], color=_VALIDATION, marker=".", label="validation")
        axes.set(xlabel="epoch", title=name.capitalize())
        axes.legend(frameon=False)
    auc.plot(history["epoch"], history["validation_macro_auc"], color=_VALIDATION, marker=".")
    auc.set(xlabel="epoch", title="Validation macro AUC")
    return _finished(figure)


def learning_rate(peak: float, steps_per_epoch: int, epochs: int) -> Figure:
    """The schedule: one linear warm-up epoch, then cosine decay."""
    steps = np.arange(steps_per_epoch * epochs)
    rates = [cosine_with_warmup(int(step), peak=peak, steps_per_epoch=steps_per_epoch, epochs=epochs) for step in steps]
    figure, axes = plt.subplots(figsize=(6.5, 3))
    axes.plot((steps + 1) / steps_per_epoch, rates, color=_TRAIN)
    axes.set(xlabel="epoch", title="Learning rate")
    return _finished(figure)


def convergence(trials: pd.DataFrame) -> Figure:
    """Objective of each trial, and the best so far."""
    figure, axes = plt.subplots(figsize=(6.5, 3.4))
    axes.plot(trials["trial"], trials["validation_macro_auc"], "o", color=_VALIDATION, label="trial")
    axes.step(trials["trial"], trials["best_so_far"], where="post", color=_TRAIN, label="best so far")
    axes.set(xlabel="trial", title="Validation macro AUC", xticks=trials["trial"])
    axes.legend(frameon=False)
    return _finished(figure)


def settings(trials: pd.DataFrame) -> Figure:
    """Objective against each setting."""
    names = list(Hyperparameters.__dataclass_fields__)
    figure, all_axes = plt.subplots(1, len(names), figsize=(14, 3), sharey=True)
    for axes, name in zip(all_axes, names, strict=True):
        axes.scatter(trials[name], trials["validation_macro_auc"], c=trials["trial"], cmap="viridis")
        axes.set(xlabel=name.replace("_", " "))
    all_axes[0].set_xscale("log")
    all_axes[0].set_ylabel("validation macro AUC")
    return _finished(figure)


def _finished(figure: Figure) -> Figure:
    for axes in figure.axes:
        axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    plt.close(figure)
    return figure
