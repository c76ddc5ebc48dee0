"""The figures of the robustness report: error against severity, and the out-of-distribution scores."""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from components.common.figures import finished
from components.robustness.corruptions import CORRUPTIONS, SEVERITIES
from components.robustness.out_of_distribution import OutOfDistribution
from components.robustness.scores import ENSEMBLE, curve

_COLUMNS = 4
_MEMBER_COLOURS = ("#d98c3f", "#5aa469", "#a56cc1")
_ENSEMBLE_COLOUR = "#2457c5"


def curves(table: pd.DataFrame, members: Sequence[str], family: str) -> Figure:
    """A small picture for each corruption of a family: the balanced error of each model by severity, 0 being clean.

    Args:
        table: see `scores.score_table`.
        members: names of the ensemble's members.
        family: of corruptions.
    """
    corruptions = [corruption for corruption in CORRUPTIONS if corruption.family == family]
    rows = math.ceil(len(corruptions) / _COLUMNS)
    figure, grid = plt.subplots(rows, _COLUMNS, figsize=(10.0, 2.1 * rows), sharey=True, squeeze=False)
    colours = {name: _MEMBER_COLOURS[index % len(_MEMBER_COLOURS)] for index, name in enumerate(members)}
    steps = [0, *SEVERITIES]
    for axes, corruption in zip(grid.flat, corruptions, strict=False):
        for name, colour in colours.items():
            axes.plot(steps, curve(table, corruption, name), color=colour, linewidth=1.1, label=name)
        of_ensemble = curve(table, corruption, ENSEMBLE)
        axes.axhline(of_ensemble[0], color="#9aa5b8", linestyle=":", linewidth=1.0)
        axes.plot(steps, of_ensemble, color=_ENSEMBLE_COLOUR, linewidth=2.4, label=ENSEMBLE)
        axes.set_title(corruption.name, fontsize=10)
        axes.set(xticks=steps, ylim=(0.0, 1.0))
    handles, labels = grid[0, 0].get_legend_handles_labels()
    for axes in grid.flat[len(corruptions) :]:
        axes.set_axis_off()
    figure.supylabel("balanced error", fontsize=10)
    place = {"loc": "lower right", "bbox_to_anchor": (1.0, 1.0)}  # above the titles
    figure.legend(handles, labels, ncols=len(labels), frameon=False, fontsize=9, **place)
    return finished(figure, grid=True)


def novelty(found: OutOfDistribution) -> Figure:
    """The distributions of the out-of-distribution score: clean pictures, corrupted ones, pictures of other things."""
    figure, axes = plt.subplots(figsize=(7.5, 3.0))
    edges = np.histogram_bin_edges(np.concatenate(list(found.scores.values())), bins=25)
    for (name, scores), colour in zip(found.scores.items(), (_ENSEMBLE_COLOUR, *_MEMBER_COLOURS), strict=False):
        axes.hist(scores, edges, density=True, histtype="step", linewidth=1.6, color=colour, label=name)
    axes.axvline(found.threshold, color="#5b6577", linestyle=":", linewidth=1.2)
    axes.set(xlabel="out-of-distribution score", ylabel="density", yticks=[])
    axes.legend(frameon=False, fontsize=9)
    return finished(figure)
