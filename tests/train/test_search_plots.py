"""The pictures of a search."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from components.train.hyperparameters import AUGMENTATIONS, IMBALANCES, Hyperparameters
from components.train.search import Trial, trial_table
from components.train.search_plots import convergence, effects, parallel_coordinates, partial_dependence
from components.train.space import BLOCKS, Point, canonical, from_point, plain, point, space
from components.train.surrogate import Surrogate, normalized

RATE = 1e-3
START = Hyperparameters.published("EfficientNetB4", RATE)
NAMES = list(Hyperparameters.__dataclass_fields__)


def tried(count: int) -> list[Hyperparameters]:
    encoded = normalized(space(RATE))
    drawn = np.random.RandomState(0).random_sample((count, encoded.transformed_n_dims))
    return [START, *(from_point(canonical(plain(each))) for each in encoded.inverse_transform(drawn))][:count]


def trials_of(count: int, outcomes: dict[int, str] | None = None) -> pd.DataFrame:
    """Made-up trials, better the less dropout they have; those not named finished."""
    outcomes = outcomes or {}
    return trial_table(
        [
            Trial(number, at, (0.5, 0.9 - at.dropout / 10), outcomes.get(number, "finished"), 60.0)
            for number, at in enumerate(tried(count), start=1)
        ]
    )


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for axes in figure.axes for text in axes.texts}


@pytest.mark.parametrize("count", [1, 2, 20])
@pytest.mark.parametrize("outcomes", [{}, {1: "failed"}, {2: "stopped", 3: "failed"}])
def test_any_number_of_trials_is_drawn_however_they_ended(count: int, outcomes: dict[int, str]) -> None:
    trials = trials_of(count, outcomes)
    assert convergence(trials).axes
    assert parallel_coordinates(trials, space(RATE)).axes
    assert effects(trials, space(RATE)).axes


def test_convergence_tells_outcomes_apart() -> None:
    axes = convergence(trials_of(8, {3: "failed", 5: "stopped"})).axes[0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == [
        "finished",
        "stopped",
        "failed",
        "best so far",
    ]


def test_a_failed_trial_is_at_the_foot_and_does_not_flatten_the_others() -> None:
    low, high = convergence(trials_of(8, {3: "failed"})).axes[0].get_ylim()
    assert low > 0.8
    assert high < 0.92


def test_parallel_coordinates_have_a_line_for_each_trial_and_a_thick_one_for_the_best() -> None:
    trials = trials_of(20, {2: "failed"})
    lines: list[Line2D] = [
        line for line in parallel_coordinates(trials, space(RATE)).axes[0].lines if len(line.get_xdata()) == len(NAMES)
    ]
    assert len(lines) == 20
    assert [line.get_linestyle() for line in lines].count(":") == 1
    thick = max(lines, key=lambda line: line.get_linewidth())
    best = trials.loc[trials["validation_macro_auc"].idxmax(), "dropout"]
    assert thick.get_ydata()[NAMES.index("dropout")] == pytest.approx(best / 0.6)


def test_parallel_coordinates_name_categories_and_put_the_rate_on_a_log_axis() -> None:
    figure = parallel_coordinates(trials_of(3), space(RATE))
    assert {*AUGMENTATIONS, *IMBALANCES, "0.0001", "0.001", "0.01"} <= texts(figure)
    starts = [line.get_ydata()[0] for line in figure.axes[0].lines if len(line.get_xdata()) == len(NAMES)]
    assert any(height == pytest.approx(0.5) for height in starts), "the start's rate is in the middle"


def test_each_setting_has_a_picture_of_its_effect() -> None:
    figure = effects(trials_of(12), space(RATE))
    assert [axes.get_title() for axes in figure.axes] == [name.replace("_", " ") for name in NAMES]
    scales = {axes.get_title(): axes.get_xscale() for axes in figure.axes}
    assert scales["learning rate"] == "log"
    assert scales["dropout"] == "linear"
    bars = {axes.get_title(): len(axes.patches) for axes in figure.axes if axes.patches}
    assert bars == {"augmentation": 4, "imbalance": 4}


def test_the_effect_of_a_setting_is_what_it_does() -> None:
    points: list[Point] = [point(at) for at in tried(20)]
    surrogate = Surrogate(space(RATE), points, [0.9 - float(each[1]) / 10 for each in points], blocks=BLOCKS)
    _, dropout = partial_dependence(surrogate, points, 1, space(RATE)[1])
    _, smoothing = partial_dependence(surrogate, points, 2, space(RATE)[2])
    assert dropout[0] - dropout[-1] > 0.03
    assert max(smoothing) - min(smoothing) < 0.01


def test_a_strength_that_no_trial_had_has_no_effect_to_show() -> None:
    flips = point(replace(START, augmentation="flips", augmentation_strength=0.0))
    surrogate = Surrogate(space(RATE), [flips], [0.8], blocks=BLOCKS)
    _, means = partial_dependence(surrogate, [flips], 4, space(RATE)[4])
    assert np.isnan(means).all()
