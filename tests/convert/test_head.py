"""The head's graph against the ensemble's arithmetic in NumPy."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from components.common.ensemble import Ensemble
from components.convert.head import common_grid, head_graph
from components.convert.resize import resize_matrix
from tests.convert.conftest import random_ensemble

PREFIXES = ["m1_", "m2_", "m3_"]
GRIDS = [(2, 2), (3, 4), (4, 3)]


@pytest.fixture
def ensemble() -> Ensemble:
    return random_ensemble(["a", "b", "c"])


def run(
    ensemble: Ensemble,
    probabilities: np.ndarray,
    maps: list[np.ndarray] | None = None,
    distances: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    maps = maps or [np.zeros((len(probabilities), 9, *grid), np.float32) for grid in GRIDS]
    distances = np.ones((len(probabilities), 3), np.float32) if distances is None else distances
    session = onnxruntime.InferenceSession(head_graph(ensemble, PREFIXES, GRIDS).SerializeToString())
    inputs = {}
    for number, prefix in enumerate(PREFIXES):
        inputs[f"{prefix}probabilities"] = probabilities[:, number].astype(np.float32)
        inputs[f"{prefix}heatmaps"] = maps[number]
        inputs[f"{prefix}feature_distance"] = distances[:, number]
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs), strict=True))


def softmax_like(images: int) -> np.ndarray:
    return np.random.default_rng(3).dirichlet(np.full(9, 0.3), (images, 3)).astype(np.float32)


@pytest.mark.parametrize("method", ["rank", "probability"])
def test_the_head_computes_what_numpy_computes(ensemble: Ensemble, method: str) -> None:
    ensemble, probabilities = replace(ensemble, method=method), softmax_like(200)
    found = run(ensemble, probabilities)
    np.testing.assert_array_equal(found["member_probabilities"], probabilities)
    np.testing.assert_allclose(found["member_ranks"], ensemble.ranks(probabilities), atol=1e-7)
    np.testing.assert_allclose(found["average"], ensemble.average(probabilities), atol=1e-7)
    np.testing.assert_allclose(found["probabilities"], ensemble.predict(probabilities), atol=1e-7)
    np.testing.assert_allclose(found["probabilities"].sum(axis=1), 1, atol=1e-6)


def test_the_out_of_distribution_score_is_what_numpy_computes(ensemble: Ensemble) -> None:
    distances = np.random.default_rng(5).gamma(2.0, 3.0, (200, 3)).astype(np.float32)
    distances[0] = 0.0
    found = run(ensemble, softmax_like(200), distances=distances)["out_of_distribution"]
    np.testing.assert_allclose(found, ensemble.out_of_distribution(distances), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, 1e-30, 1 - 1e-7])
def test_the_ends_have_the_ends_ranks(ensemble: Ensemble, value: float) -> None:
    probabilities = np.full((1, 3, 9), value, np.float32)
    np.testing.assert_allclose(run(ensemble, probabilities)["member_ranks"], ensemble.ranks(probabilities), atol=1e-7)


@pytest.mark.parametrize(("value", "rank"), [(-0.1, 0.0), (1.1, 1.0)])
def test_values_beyond_the_knots_have_the_last_rank(ensemble: Ensemble, value: float, rank: float) -> None:
    found = run(ensemble, np.full((1, 3, 9), value))["member_ranks"]
    np.testing.assert_array_equal(np.delete(found, 3, axis=2), rank)


def test_a_probability_at_a_knot_has_the_knots_level(ensemble: Ensemble) -> None:
    knots = ensemble.knots.astype(np.float32)
    exact = replace(ensemble, knots=knots.astype(np.float64))
    found = run(exact, knots[..., 5][None])["member_ranks"]
    np.testing.assert_allclose(found[0], ensemble.levels[..., 5], atol=1e-7)


def test_equal_probabilities_have_equal_ranks(ensemble: Ensemble) -> None:
    found = run(ensemble, np.repeat(softmax_like(1), 4, axis=0))["member_ranks"]
    np.testing.assert_array_equal(found, found[:1].repeat(4, axis=0))


def test_an_average_of_zero_or_one_stays_finite(ensemble: Ensemble) -> None:
    found = run(ensemble, np.stack([np.zeros((3, 9)), np.ones((3, 9))]))["probabilities"]
    assert np.isfinite(found).all()


def test_heat_maps_are_averaged_on_the_finest_grid(ensemble: Ensemble) -> None:
    rng = np.random.default_rng(4)
    maps = [rng.normal(size=(2, 9, *grid)).astype(np.float32) for grid in GRIDS]
    found = run(ensemble, softmax_like(2), maps)["heatmaps"]
    enlarged = [
        resize_matrix(rows, 4) @ one @ resize_matrix(columns, 4).T
        for one, (rows, columns) in zip(maps, GRIDS, strict=True)
    ]
    assert common_grid(GRIDS) == (4, 4)
    np.testing.assert_allclose(found, np.mean(enlarged, axis=0), atol=1e-6)
