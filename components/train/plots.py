"""The pictures of a training: learning curves and the learning rate."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from components.common.figures import finished
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
    return finished(figure, grid=True)


def learning_rate(peak: float, steps_per_epoch: int, epochs: int) -> Figure:
    """The schedule: one linear warm-up epoch, then cosine decay."""
    steps = np.arange(steps_per_epoch * epochs)
    rates = [cosine_with_warmup(int(step), peak=peak, steps_per_epoch=steps_per_epoch, epochs=epochs) for step in steps]
    figure, axes = plt.subplots(figsize=(6.5, 3))
    axes.plot((steps + 1) / steps_per_epoch, rates, color=_TRAIN)
    axes.set(xlabel="epoch", title="Learning rate")
    return finished(figure, grid=True)
