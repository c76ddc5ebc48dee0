"""The space around the starting point."""

import json

import numpy as np
import pytest

from components.train.hyperparameters import AUGMENTATIONS, IMBALANCES, Hyperparameters
from components.train.space import canonical, from_point, plain, point, space

BACKBONES = [f"EfficientNetB{number}" for number in range(8)]
START = Hyperparameters.published("EfficientNetB4", 1e-3)


@pytest.mark.parametrize("backbone", BACKBONES)
@pytest.mark.parametrize("learning_rate", [1e-5, 3e-5, 1e-3])
def test_the_published_settings_of_every_backbone_lie_in_the_space(backbone: str, learning_rate: float) -> None:
    start = Hyperparameters.published(backbone, learning_rate)
    for dimension, value in zip(space(learning_rate), point(start), strict=True):
        assert value in dimension


def test_the_dimensions_are_in_the_order_of_the_fields() -> None:
    assert [dimension.name for dimension in space(1e-3)] == list(Hyperparameters.__dataclass_fields__)


def test_the_learning_rate_is_searched_on_a_log_scale_from_a_tenth_to_ten_times_the_start() -> None:
    rate = space(1e-3)[0]
    assert rate.prior == "log-uniform"
    assert (rate.low, rate.high) == pytest.approx((1e-4, 1e-2))


def test_all_kinds_of_augmentation_and_weighting_are_in_the_space() -> None:
    categories = {dimension.name: dimension.categories for dimension in space(1e-3) if hasattr(dimension, "categories")}
    assert categories == {"augmentation": AUGMENTATIONS, "imbalance": IMBALANCES}


def test_a_point_is_the_settings_in_order_and_back() -> None:
    assert point(START) == list(START.settings().values())
    assert from_point(point(START)) == START


def test_a_point_of_numpy_scalars_becomes_plain_numbers_and_names() -> None:
    drawn = [np.float64(1e-3), np.str_("mix"), 0.5]
    assert plain(drawn) == [1e-3, "mix", 0.5]
    assert [type(value) for value in plain(drawn)] == [float, str, float]
    json.dumps(plain(drawn))


def test_strengths_of_no_consequence_do_not_tell_points_apart() -> None:
    flips = [1e-3, 0.2, 0.0, "flips", 0.7, "none", 0.9, 1.0]
    assert canonical(flips) == canonical([1e-3, 0.2, 0.0, "flips", 0.1, "none", 0.4, 1.0])
    assert canonical(flips) == [1e-3, 0.2, 0.0, "flips", 0.0, "none", 0.0, 1.0]


def test_strengths_of_consequence_do() -> None:
    weighted = [1e-3, 0.2, 0.0, "mix", 0.7, "weights", 0.9, 1.0]
    assert canonical(weighted) == weighted
