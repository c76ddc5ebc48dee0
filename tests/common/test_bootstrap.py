"""Resamples of groups, and the intervals that come of them."""

import math

import numpy as np
import pandas as pd
import pytest

from components.common import bootstrap as module
from components.common.bootstrap import Estimate, Resamples, bootstrap, estimate


def all_weights(resamples: Resamples) -> np.ndarray:
    return np.concatenate(list(resamples.weights()), axis=1)


def means(values: np.ndarray):  # type: ignore[no-untyped-def]
    return lambda weights: {"mean": (values[:, None] * weights).sum(axis=0) / weights.sum(axis=0)}


def test_the_first_round_is_the_data_itself() -> None:
    weights = all_weights(Resamples(np.array(["b", "a", "b"]), rounds=3, seed=0))
    assert weights.shape == (3, 4)
    np.testing.assert_array_equal(weights[:, 0], 1)


def test_images_of_a_group_are_drawn_together_and_as_many_groups_as_there_are() -> None:
    groups = np.array([0, 0, 1, 2, 2, 2, 3])
    weights = all_weights(Resamples(groups, rounds=50, seed=1))
    np.testing.assert_array_equal(weights[0], weights[1])
    np.testing.assert_array_equal(weights[3], weights[5])
    np.testing.assert_array_equal(weights[[0, 2, 3, 6]].sum(axis=0), 4)
    assert (weights == weights.astype(int)).all()


def test_the_same_seed_draws_the_same_however_many_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    resamples = Resamples(np.arange(9), rounds=20, seed=3)
    before = all_weights(resamples)
    monkeypatch.setattr(module, "_BYTES", 3 * 8 * 9)
    assert [part.shape[1] for part in resamples.weights()] == [3] * 7
    np.testing.assert_array_equal(all_weights(resamples), before)
    assert (all_weights(Resamples(np.arange(9), rounds=20, seed=4)) != before).any()


def test_the_interval_of_a_mean_is_that_of_theory() -> None:
    values = np.random.default_rng(0).normal(size=400)
    rounds = bootstrap(Resamples(np.arange(400), rounds=2000, seed=0), {"one": means(values)})["one"]
    found = estimate(rounds["mean"])
    error = values.std() / math.sqrt(400)
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert found.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_pictures_of_one_patient_are_no_more_evidence_than_one() -> None:
    values = np.random.default_rng(0).normal(size=50)
    one = Resamples(np.arange(50), rounds=300, seed=0)
    ten = Resamples(np.repeat(np.arange(50), 10), rounds=300, seed=0)
    alone = bootstrap(one, {"": means(values)})[""]
    repeated = bootstrap(ten, {"": means(np.repeat(values, 10))})[""]
    np.testing.assert_allclose(repeated, alone)


def test_models_are_judged_on_the_same_resamples() -> None:
    values = np.random.default_rng(0).normal(size=100)
    rounds = bootstrap(Resamples(np.arange(100), rounds=100, seed=0), {"a": means(values), "b": means(values - 0.25)})
    np.testing.assert_allclose(rounds["a"] - rounds["b"], 0.25)


@pytest.mark.parametrize(("undefined", "has_interval"), [(0, True), (5, True), (6, False), (100, False)])
def test_a_figure_that_too_many_resamples_lack_has_no_interval(undefined: int, has_interval: bool) -> None:
    drawn = np.linspace(0.4, 0.6, 100)
    drawn[:undefined] = math.nan
    found = estimate(pd.Series([0.5, *drawn]))
    assert found.value == 0.5
    assert math.isfinite(found.low) == math.isfinite(found.high) == has_interval


def test_what_the_data_do_not_have_has_no_interval() -> None:
    found = estimate(pd.Series([math.nan, 0.5, 0.5]))
    assert math.isnan(found.value)
    assert math.isnan(found.low)


def test_what_all_resamples_agree_on_has_no_interval() -> None:
    found = estimate(pd.Series([1.0] * 101))
    assert found.value == 1
    assert math.isnan(found.low)


def test_without_resamples_there_is_no_interval() -> None:
    assert math.isnan(estimate(pd.Series([0.5])).low)


def test_an_estimate_reads_as_a_figure_with_its_interval() -> None:
    assert str(Estimate(0.8123, 0.78, 0.84)) == "0.812 (0.780–0.840)"
    assert str(Estimate(-0.0123, -0.04, 0.01)) == "−0.012 (−0.040 to 0.010)"
    assert str(Estimate(0.8123, math.nan, math.nan)) == "0.812 (no interval)"
    assert str(Estimate(math.nan, math.nan, math.nan)) == "–"
