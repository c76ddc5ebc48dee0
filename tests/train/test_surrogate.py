"""The Gaussian process and its kernel, on values that are known."""

import numpy as np
import pytest
from skopt.space import Categorical, Real

from components.train.kernel import PartlyAdditive
from components.train.space import Point
from components.train.surrogate import Surrogate, lifted

DIMENSIONS = [Real(1e-3, 1e3, prior="log-uniform", name="rate"), Categorical(("a", "b", "c"), name="kind")]
POINTS: list[Point] = [[10.0**power, kind] for power in (-3, -1, 1, 3) for kind in ("a", "b")]
VALUES = [float(np.log10(rate) / 10 + (kind == "b")) for rate, kind in POINTS]


def test_the_process_passes_close_to_what_it_was_told() -> None:
    mean, deviation = Surrogate(DIMENSIONS, POINTS, VALUES).predict(POINTS)
    assert mean == pytest.approx(VALUES, abs=0.05)
    assert (deviation < 0.1).all()


def test_it_is_less_sure_of_a_category_that_it_has_not_seen() -> None:
    _, (seen, unseen) = Surrogate(DIMENSIONS, POINTS, VALUES).predict([[1.0, "a"], [1.0, "c"]])
    assert unseen > 2 * seen


def test_it_knows_between_points_what_they_agree_on() -> None:
    (low, high), _ = Surrogate(DIMENSIONS, POINTS, VALUES).predict([[1.0, "a"], [1.0, "b"]])
    assert (low, high) == pytest.approx((0, 1), abs=0.1)


@pytest.mark.parametrize("count", [1, 2])
def test_one_or_two_points_are_enough(count: int) -> None:
    mean, deviation = Surrogate(DIMENSIONS, POINTS[:count], [0.7] * count).predict(POINTS)
    assert mean == pytest.approx([0.7] * len(POINTS))
    assert np.isfinite(deviation).all()


def test_a_training_that_fell_apart_leaves_the_contrast_of_the_others() -> None:
    assert lifted([0.80, 0.82, 0.84, 0.50, 0.82]).tolist() == pytest.approx([0.80, 0.82, 0.84, 0.77, 0.82])


def test_equal_values_are_left_as_they_are() -> None:
    assert lifted([0.7, 0.7]).tolist() == [0.7, 0.7]


def test_the_kernels_gradient_is_that_of_its_values() -> None:
    points, step = np.random.default_rng(0).random((6, 4)), 1e-6
    blocks = (0, 1, 1, 2)
    _, gradient = PartlyAdditive(blocks, 0.7)(points, eval_gradient=True)
    above, below = (PartlyAdditive(blocks, 0.7 * np.exp(sign * step))(points) for sign in (1, -1))
    assert gradient[..., 0] == pytest.approx((above - below) / (2 * step), abs=1e-8)


def test_points_that_share_a_setting_are_closer_kin_than_points_that_share_none() -> None:
    kernel = PartlyAdditive((0, 1, 2), 0.3)
    here = np.array([[0.0, 0.0, 0.0]])
    assert kernel(here, np.array([[0.0, 1.0, 1.0]])) > 0.1 > kernel(here, np.array([[1.0, 1.0, 1.0]]))
    assert kernel(here)[0, 0] == pytest.approx(1)
