"""The ensemble's arithmetic: ranks, their average, its calibration."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.common.ensemble import METHODS, Ensemble, calibrate, read_ensemble, write_ensemble
from components.common.errors import DataError, StorageError
from components.common.taxonomy import CLASSES

# The ranks of three members for every class: one spreads its probabilities, one keeps them low, one says only 0 or 1.
KNOTS = [[0.0, 0.25, 0.5, 1.0], [0.0, 0.01, 0.1, 0.2], [0.0, 1.0, 1.5, 2.0]]
LEVELS = [[0.0, 0.4, 0.6, 1.0], [0.1, 0.5, 0.9, 1.0], [0.5, 1.0, 1.0, 1.0]]

ENSEMBLE = Ensemble(
    members=["b0", "b1", "b2"],
    method="rank",
    knots=np.repeat(np.array(KNOTS)[:, None], 9, axis=1),
    levels=np.repeat(np.array(LEVELS)[:, None], 9, axis=1),
    scale=np.linspace(0.5, 2.0, 9),
    bias=np.linspace(-1.0, 1.0, 9),
    malignant_threshold=0.3,
    abstain_threshold=0.2,
    distance_centre=np.array([0.0, 1.0, -1.0]),
    distance_spread=np.array([0.5, 1.0, 2.0]),
    out_of_distribution_threshold=1.5,
    fingerprint="0f" * 32,
)


def probabilities(images: int, seed: int = 0) -> np.ndarray:
    """float32 [images, 3, 9], each row summing to 1."""
    return np.random.default_rng(seed).dirichlet(np.ones(9), (images, 3)).astype(np.float32)


def ranks_of(*values: float) -> np.ndarray:
    """float64 [values, 3]: ranks of the same probability said by each of the three members."""
    asked = np.broadcast_to(np.array(values)[:, None, None], (len(values), 3, 9))
    ranks = ENSEMBLE.ranks(asked)
    np.testing.assert_array_equal(ranks, np.repeat(ranks[..., :1], 9, axis=2))
    return ranks[..., 0]


def test_a_known_probability_has_its_known_rank() -> None:
    np.testing.assert_allclose(ranks_of(0.25)[:, 0], 0.4)
    np.testing.assert_allclose(ranks_of(0.01)[:, 1], 0.5)


def test_between_two_known_probabilities_the_rank_grows_evenly() -> None:
    np.testing.assert_allclose(ranks_of(0.375, 0.75)[:, 0], [0.5, 0.8])


def test_the_out_of_distribution_score_is_in_deviations_from_what_is_usual() -> None:
    usual = np.exp(ENSEMBLE.distance_centre)
    one_off = np.exp(ENSEMBLE.distance_centre + ENSEMBLE.distance_spread)
    far_for_one = np.where([True, False, False], usual * np.exp(6 * 0.5), usual)
    scores = ENSEMBLE.out_of_distribution(np.stack([usual, one_off, far_for_one]))
    np.testing.assert_allclose(scores, [0, 1, 2], atol=1e-12)


def test_a_distance_of_0_has_a_score() -> None:
    assert np.isfinite(ENSEMBLE.out_of_distribution(np.zeros((1, 3)))).all()


def test_impossible_and_certain_have_the_lowest_and_the_highest_rank() -> None:
    np.testing.assert_allclose(ranks_of(0.0, 1.0), [[0.0, 0.1, 0.5], [1.0, 1.0, 1.0]])


def test_above_all_that_was_known_the_rank_stays_the_highest() -> None:
    np.testing.assert_allclose(ranks_of(0.2, 0.3, 0.9)[:, 1], 1.0)


def test_equal_probabilities_have_equal_ranks() -> None:
    first, second = ranks_of(0.07, 0.07)
    np.testing.assert_array_equal(first, second)


@given(arrays(np.float64, 20, elements=st.floats(0, 1)))
def test_ranks_keep_the_order_of_a_member_and_stay_within_0_and_1(values: np.ndarray) -> None:
    ranks = ranks_of(*np.sort(values))
    assert (np.diff(ranks, axis=0) >= 0).all()
    assert (ranks >= 0).all()
    assert (ranks <= 1).all()


def test_each_class_of_each_member_has_ranks_of_its_own() -> None:
    knots = ENSEMBLE.knots.copy()
    knots[0, 3] = [0.0, 0.5, 0.75, 1.0]
    changed = dataclasses.replace(ENSEMBLE, knots=knots).ranks(np.full((1, 3, 9), 0.5))[0]
    before = ENSEMBLE.ranks(np.full((1, 3, 9), 0.5))[0]
    assert np.argwhere(changed != before).tolist() == [[0, 3]]


def test_the_average_is_over_the_members() -> None:
    np.testing.assert_allclose(ENSEMBLE.average(np.full((1, 3, 9), 1.0)), np.ones((1, 9)))
    np.testing.assert_allclose(ENSEMBLE.average(np.zeros((1, 3, 9))), np.full((1, 9), 0.2))


def test_probabilities_are_averaged_as_they_are_where_the_method_says_so() -> None:
    given = probabilities(5)
    ensemble = dataclasses.replace(ENSEMBLE, method="probability")
    np.testing.assert_allclose(ensemble.average(given), given.astype(np.float64).mean(axis=1))


@pytest.mark.parametrize("method", METHODS)
def test_one_image_alone_is_scored_as_in_a_batch(method: str) -> None:
    ensemble = dataclasses.replace(ENSEMBLE, method=method)
    batch = probabilities(7)
    alone = [ensemble.predict(batch[index : index + 1])[0] for index in range(7)]
    np.testing.assert_array_equal(ensemble.predict(batch), alone)


@pytest.mark.parametrize("method", METHODS)
def test_predictions_are_probabilities(method: str) -> None:
    predicted = dataclasses.replace(ENSEMBLE, method=method).predict(probabilities(50))
    assert predicted.shape == (50, 9)
    assert predicted.dtype == np.float64
    assert (predicted > 0).all()
    np.testing.assert_allclose(predicted.sum(axis=1), 1.0)


def test_calibration_with_scale_1_and_bias_0_weighs_classes_by_their_odds() -> None:
    average = np.array([[0.5, 0.2, 0.1, 0.1, 0.02, 0.02, 0.02, 0.02, 0.02]])
    odds = average / (1 - average)
    np.testing.assert_allclose(calibrate(average, np.ones(9), np.zeros(9)), odds / odds.sum())


def test_calibration_bears_averages_of_0_and_1() -> None:
    calibrated = calibrate(np.array([[1.0] + [0.0] * 8, [1.0] * 9, [0.0] * 9]), np.ones(9), np.zeros(9))
    assert np.isfinite(calibrated).all()
    np.testing.assert_allclose(calibrated.sum(axis=1), 1.0)
    np.testing.assert_allclose(calibrated[1:], 1 / 9)
    assert calibrated[0, 0] > 0.99


def test_a_higher_bias_makes_its_class_more_likely() -> None:
    average = np.full((1, 9), 0.1)
    np.testing.assert_allclose(calibrate(average, np.ones(9), np.zeros(9)), 1 / 9)
    assert calibrate(average, np.ones(9), np.eye(9)[4]).argmax() == 4


def test_an_ensemble_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_ensemble(tmp_path, ENSEMBLE)
    read = read_ensemble(tmp_path)
    for field in dataclasses.fields(Ensemble):
        np.testing.assert_array_equal(getattr(read, field.name), getattr(ENSEMBLE, field.name))
    np.testing.assert_array_equal(read.predict(probabilities(5)), ENSEMBLE.predict(probabilities(5)))


def test_an_ensemble_of_classes_in_another_order_is_refused(tmp_path: Path) -> None:
    write_ensemble(tmp_path, ENSEMBLE)
    path = tmp_path / "ensemble.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "classes": sorted(CLASSES)}))
    with pytest.raises(
        DataError, match="the ensemble in .* has the classes .*'AK', 'BCC'.*, this version has .*'MEL', 'NV'"
    ):
        read_ensemble(tmp_path)


@pytest.mark.parametrize("value", [{}, {"classes": list(CLASSES)}, ["b0"], None])
def test_a_file_that_describes_something_else_is_named(tmp_path: Path, value: object) -> None:
    (tmp_path / "ensemble.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match="ensemble.json describes no ensemble of this version: .*run evaluate again"):
        read_ensemble(tmp_path)


def test_a_folder_without_an_ensemble_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot read .*ensemble.json"):
        read_ensemble(tmp_path)


def test_decisions_are_the_class_and_whether_it_is_malignant_left_to_a_person_or_unusual() -> None:
    sure_nevus, doubtful, melanoma = np.zeros(9), np.full(9, 1 / 9), np.zeros(9)
    sure_nevus[1], melanoma[0] = 1.0, 1.0
    decided = ENSEMBLE.decisions(np.stack([sure_nevus, doubtful, melanoma]), np.array([0.0, 1.0, 2.0]))
    np.testing.assert_array_equal(decided, [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
