"""The pictures of a search: its convergence, its trials across all settings, and what each setting does.

Each takes the table of trials (`search.trial_table`), of one trial or more. The scale is that of the finished ones;
whatever is below it is shown at its foot.
"""

import math
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.figure import Figure
from skopt.space import Categorical, Dimension

from components.common.figures import finished
from components.train.search import FAILED, FINISHED, STOPPED
from components.train.space import BLOCKS, Point, canonical, plain
from components.train.surrogate import Surrogate

_TRIAL, _BEST = "#d1662b", "#2457c5"
_MARKERS = {FINISHED: "o", STOPPED: "v", FAILED: "x"}

# The values that a number is set to, over its range.
_STEPS = 25


def convergence(trials: pd.DataFrame) -> Figure:
    """Objective of each trial by how it ended, and the best of the finished ones so far."""
    figure, axes = plt.subplots(figsize=(7.5, 3.6))
    _scatter(axes, trials["trial"], trials, size=36)
    axes.step(trials["trial"], trials["best_so_far"], where="post", color=_BEST, label="best so far")
    axes.set(xlabel="trial", ylabel="validation macro AUC", ylim=_limits(trials))
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0.2)
    return finished(figure, grid=True)


def parallel_coordinates(trials: pd.DataFrame, dimensions: Sequence[Dimension]) -> Figure:
    """A line for each trial across all settings, brighter the better; the best one thick, failed ones dotted."""
    figure, axes = plt.subplots(figsize=(13, 4.2))
    places = np.arange(len(dimensions))
    heights = np.column_stack([_heights(dimension, trials[dimension.name]) for dimension in dimensions])
    colors = ScalarMappable(plt.Normalize(*_limits(trials)), "viridis")
    rising = trials.assign(row=range(len(trials))).sort_values("validation_macro_auc", kind="stable")
    best = rising.loc[rising["outcome"] == FINISHED, "row"].tail(1).tolist()
    for row, objective, outcome in rising[["row", "validation_macro_auc", "outcome"]].itertuples(index=False):
        axes.plot(
            places,
            heights[row],
            color=colors.to_rgba(objective),
            linestyle=":" if outcome == FAILED else "-",
            linewidth=4 if row in best else 1.2,
        )
    for place, dimension in enumerate(dimensions):
        _upright(axes, place, dimension)
    axes.set(xlim=(-0.2, len(dimensions) - 0.3), ylim=(-0.06, 1.04), yticks=[])
    axes.set_xticks(places, [_title(dimension) for dimension in dimensions])
    axes.tick_params(axis="x", length=0, pad=8)
    axes.spines[:].set_visible(False)
    figure.colorbar(colors, ax=axes, label="validation macro AUC", pad=0.01, fraction=0.03, extend="min")
    figure.tight_layout()
    plt.close(figure)
    return figure


def effects(trials: pd.DataFrame, dimensions: Sequence[Dimension]) -> Figure:
    """What the Gaussian process expects of each setting, averaged over the trials' others, beside the trials."""
    points = [plain(row) for row in trials[[each.name for each in dimensions]].itertuples(index=False)]
    surrogate = Surrogate(dimensions, points, trials["validation_macro_auc"].tolist(), blocks=BLOCKS)
    figure, grid = plt.subplots(2, (len(dimensions) + 1) // 2, figsize=(13, 5.6), sharey=True)
    for index, (axes, dimension) in enumerate(zip(grid.flat, dimensions, strict=False)):
        values, means = partial_dependence(surrogate, points, index, dimension)
        _effect(axes, dimension, values, means, trials)
    for axes in grid[:, 0]:
        axes.set_ylabel("validation macro AUC")
    grid.flat[0].set_ylim(_limits(trials))
    return finished(figure, grid=True)


def partial_dependence(
    surrogate: Surrogate, points: Sequence[Point], index: int, dimension: Dimension
) -> tuple[list[float | str], list[float]]:
    """Values of one setting, and what the surrogate expects of each on average over the points' others.

    Points that the setting is of no consequence to, such as a strength where nothing has one, are left out; with none
    left, the means are not numbers. (Friedman 2001, "Greedy function approximation", section 8.2.)
    """
    values = _values(dimension)
    active = [point for point in points if canonical(_set(point, index, values[-1]))[index] == values[-1]]
    if not active:
        return values, [math.nan] * len(values)
    varied = [canonical(_set(point, index, value)) for value in values for point in active]
    return values, surrogate.predict(varied)[0].reshape(len(values), len(active)).mean(axis=1).tolist()


def _effect(
    axes: Axes, dimension: Dimension, values: Sequence[float | str], means: Sequence[float], trials: pd.DataFrame
) -> None:
    if isinstance(dimension, Categorical):
        axes.bar(values, means, color=_BEST, alpha=0.35, width=0.6)
        axes.set_xticks(range(len(values)), dimension.categories, fontsize=8)
    else:
        axes.plot(values, means, color=_BEST)
        axes.set_xscale("log" if _is_log(dimension) else "linear")
    _scatter(axes, trials[dimension.name], trials, size=14)
    axes.set_title(_title(dimension).replace("\n", " "), fontsize=10)


def _scatter(axes: Axes, places: pd.Series, trials: pd.DataFrame, size: int) -> None:
    for outcome, marker in _MARKERS.items():
        rows = trials["outcome"] == outcome
        if rows.any():
            objectives = trials.loc[rows, "validation_macro_auc"].clip(lower=_limits(trials)[0])
            axes.scatter(
                places[rows], objectives, size, marker=marker, color=_TRIAL, label=outcome, zorder=3, clip_on=False
            )


def _upright(axes: Axes, place: int, dimension: Dimension) -> None:
    """A setting's own axis, with its values at its left."""
    axes.axvline(place, color="0.6", linewidth=0.8, ymin=0.055, ymax=0.964, zorder=0)
    ticks = list(dimension.categories) if isinstance(dimension, Categorical) else _values(dimension)[:: _STEPS // 4]
    for tick, height in zip(ticks, _heights(dimension, pd.Series(ticks)), strict=True):
        text = tick if isinstance(tick, str) else f"{tick:.3g}"
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.8}
        axes.text(place - 0.03, height, text, ha="right", va="center", fontsize=8, bbox=box, zorder=4)


def _heights(dimension: Dimension, values: pd.Series) -> np.ndarray:
    """Where values stand on an axis of 0 to 1."""
    if isinstance(dimension, Categorical):
        return values.map(dimension.categories.index).to_numpy() / (len(dimension.categories) - 1)
    low, high, numbers = dimension.low, dimension.high, values.to_numpy(dtype=float)
    if _is_log(dimension):
        low, high, numbers = np.log(low), np.log(high), np.log(numbers)
    return (numbers - low) / (high - low)


def _values(dimension: Dimension) -> list[float | str]:
    if isinstance(dimension, Categorical):
        return list(dimension.categories)
    spread = np.geomspace if _is_log(dimension) else np.linspace
    return spread(dimension.low, dimension.high, _STEPS).tolist()


def _set(point: Point, index: int, value: float | str) -> Point:
    return [*point[:index], value, *point[index + 1 :]]


def _limits(trials: pd.DataFrame) -> tuple[float, float]:
    """Of the finished trials' objectives, or of all where none finished, with a margin."""
    finished = trials.loc[trials["outcome"] == FINISHED, "validation_macro_auc"]
    shown = trials["validation_macro_auc"] if finished.empty else finished
    margin = 0.08 * (shown.max() - shown.min()) or 0.01
    return shown.min() - margin, shown.max() + margin


def _is_log(dimension: Dimension) -> bool:
    return dimension.prior == "log-uniform"


def _title(dimension: Dimension) -> str:
    return dimension.name.replace("_", "\n")
