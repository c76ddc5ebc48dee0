"""The ensemble's rank distributions, calibration and threshold."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss

from components.common.ensemble import Ensemble, calibrate
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.decisions import confidence
from components.evaluate.fitting import fit_calibration, fit_ensemble, rank_distributions
from tests.ensembles import as_if_fitted
from tests.evaluate.conftest import guesses

LABELS = np.arange(360) % len(CLASSES)


def members_guesses(seed: int = 0) -> np.ndarray:
    return np.stack([guesses(LABELS, skill, seed + number) for number, skill in enumerate((1.5, 1.2, 1.0))], axis=1)


def distances() -> np.ndarray:
    """Of three members, each with a scale of its own."""
    return np.exp(np.random.default_rng(8).normal([0.0, 1.0, -1.0], [0.1, 0.2, 0.3], (len(LABELS), 3)))


def fitted(method: str = "rank") -> Ensemble:
    return fit_ensemble(
        ["a", "b", "c"],
        method,
        members_guesses(),
        distances(),
        LABELS,
        minimum_sensitivity=0.9,
        abstained_share=0.1,
        out_of_distribution_share=0.05,
        fingerprint="f",
    )


def test_a_rank_is_the_share_of_validation_images_below() -> None:
    probabilities = members_guesses()
    ranks = fitted().ranks(probabilities)
    values = probabilities[:, 1, 2]
    expected = (values[:, None] > values[None, :]).mean(axis=1)
    np.testing.assert_allclose(ranks[:, 1, 2], expected, atol=0.005)


def test_ties_share_the_middle_of_their_ranks() -> None:
    probabilities = np.full((10, 1, 9), 0.2)
    probabilities[:4] = 0.1
    knots, levels = rank_distributions(probabilities)
    np.testing.assert_allclose(knots[0, 0], [0, 0.1, 0.2, 1])
    np.testing.assert_allclose(levels[0, 0], [0, 0.2, 0.7, 1])


@given(arrays(np.float64, st.integers(1, 400), elements=st.floats(0, 1)), st.floats(0, 1), st.floats(0, 1))
def test_a_higher_probability_never_ranks_lower(values: np.ndarray, one: float, other: float) -> None:
    knots, levels = rank_distributions(np.repeat(values[:, None, None], 9, axis=2))
    assert (np.diff(knots) > 0).all()
    assert (np.diff(levels) >= 0).all()
    ensemble = replace(as_if_fitted(["a"]), knots=knots, levels=levels)
    low, high = ensemble.ranks(np.array([[[min(one, other)] * 9], [[max(one, other)] * 9]]))[:, 0, 0]
    assert 0 <= low <= high <= 1


def test_the_extremes_have_the_extreme_ranks() -> None:
    ranks = fitted().ranks(np.stack([np.zeros((3, 9)), np.ones((3, 9))]))
    np.testing.assert_array_equal(ranks[0], 0)
    np.testing.assert_array_equal(ranks[1], 1)


def test_calibration_makes_new_images_likelier() -> None:
    ensemble = fitted()
    new = members_guesses(seed=50)
    uncalibrated = calibrate(ensemble.average(new), np.ones(9), np.zeros(9))
    assert log_loss(LABELS, ensemble.predict(new)) < log_loss(LABELS, uncalibrated)


def test_the_ensemble_is_better_than_its_best_member() -> None:
    new = members_guesses(seed=50)
    for method in ("rank", "probability"):
        right = (fitted(method).predict(new).argmax(axis=1) == LABELS).mean()
        assert right > (new[:, 0].argmax(axis=1) == LABELS).mean()


def test_a_class_without_validation_images_stays_sane() -> None:
    labels = np.where(LABELS == 5, 0, LABELS)
    scale, bias = fit_calibration(members_guesses().mean(axis=1), labels)
    assert np.isfinite(scale).all()
    assert (scale > 0).all()
    assert np.abs(bias).max() < 20


def test_thresholds_are_of_the_calibrated_probabilities() -> None:
    ensemble = fitted()
    predicted = ensemble.predict(members_guesses())
    assert (confidence(predicted) < ensemble.abstain_threshold).sum() == 36
    malignant = np.isin(LABELS, MALIGNANT_INDEXES)
    called = predicted[:, list(MALIGNANT_INDEXES)].sum(axis=1) >= ensemble.malignant_threshold
    assert 0.9 <= called[malignant].mean() < 0.92


def test_on_validation_the_distances_of_each_member_have_mean_0_and_deviation_1_in_the_score() -> None:
    ensemble = fitted()
    each = (np.log(distances()) - ensemble.distance_centre) / ensemble.distance_spread
    np.testing.assert_allclose(each.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(each.std(axis=0), 1, atol=1e-9)
    np.testing.assert_allclose(ensemble.out_of_distribution(distances()), each.mean(axis=1))


def test_the_given_share_of_validation_images_is_called_unusual() -> None:
    ensemble = fitted()
    unusual = ensemble.out_of_distribution(distances()) > ensemble.out_of_distribution_threshold
    assert unusual.sum() == int(0.05 * len(LABELS))


def test_distances_that_are_all_alike_are_usual() -> None:
    even = np.ones((len(LABELS), 3))
    shares = {"minimum_sensitivity": 0.9, "abstained_share": 0.1, "out_of_distribution_share": 0.05}
    ensemble = fit_ensemble(["a", "b", "c"], "rank", members_guesses(), even, LABELS, fingerprint="f", **shares)
    assert not (ensemble.out_of_distribution(even) > ensemble.out_of_distribution_threshold).any()
