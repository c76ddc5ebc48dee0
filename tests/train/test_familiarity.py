"""The distance of features from those of the training."""

import numpy as np
import pytest

from components.common.member import FEATURE_DISTANCE, POOLED, PROBABILITIES
from components.train.familiarity import COMPONENTS, FeatureDistribution, fit_features, with_feature_distance

keras = pytest.importorskip("keras")


def features(images: int, size: int = 200, seed: int = 0) -> np.ndarray:
    """Some strong directions, noise in all, an offset."""
    random = np.random.default_rng(seed)
    strong = np.random.default_rng(7).normal(size=(10, size))
    drawn = random.normal(size=(images, 10)) @ strong + 0.1 * random.normal(size=(images, size)) + 3.0
    return drawn.astype(np.float32)


def test_what_is_drawn_from_the_same_distribution_has_a_distance_of_about_1() -> None:
    usual = fit_features(features(2000)).distance(features(500, seed=1))
    assert usual.mean() == pytest.approx(1.0, abs=0.1)


def test_the_distance_is_mahalanobis_where_all_components_count() -> None:
    few = features(400, size=12)
    fitted = fit_features(few)  # of 12 features all but one direction are components
    centred = few - few.mean(axis=0, dtype=np.float64)
    precision = np.linalg.inv(np.cov(few, rowvar=False, bias=True))
    expected = np.einsum("ij,jk,ik->i", centred, precision, centred) / 12
    np.testing.assert_allclose(fitted.distance(few), expected, rtol=1e-3)


@pytest.mark.parametrize("direction", ["along", "outside"])
def test_far_along_a_component_and_far_outside_of_them_both_count(direction: str) -> None:
    fitted = fit_features(features(1000))
    if direction == "along":
        step = fitted.axes[:, 0] * np.sqrt(fitted.variances[0])
    else:
        random = np.random.default_rng(3).normal(size=len(fitted.mean))
        outside = random - fitted.axes @ (fitted.axes.T @ random)
        step = outside / np.linalg.norm(outside) * np.sqrt(fitted.rest)
    (distance,) = fitted.distance((fitted.mean + 20 * step)[None])
    assert distance == pytest.approx(400 / len(fitted.mean), rel=1e-3)


def test_there_are_as_many_components_as_are_asked_for_and_the_images_allow() -> None:
    assert fit_features(features(1000)).axes.shape == (200, COMPONENTS)
    assert fit_features(features(21)).axes.shape == (200, 10)


@pytest.mark.parametrize("images", [1, 2, 5])
def test_few_images_and_features_that_never_change_give_finite_distances(images: int) -> None:
    few = features(images)
    few[:, :50] = 2.0
    assert np.isfinite(fit_features(few).distance(features(3, seed=2))).all()


def test_the_network_gives_the_same_distance_beside_its_probabilities() -> None:
    pixels = keras.Input((8, 8, 3), name="pixels")
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLED)(keras.layers.Conv2D(40, 3)(pixels))
    network = keras.Model({"pixels": pixels}, keras.layers.Dense(9, "softmax")(pooled))
    given = np.random.default_rng(1).uniform(0, 1, (300, 8, 8, 3)).astype(np.float32)
    found = np.asarray(keras.Model(network.inputs, pooled)({"pixels": given}))
    fitted: FeatureDistribution = fit_features(found[:250])
    answers = with_feature_distance(network, fitted)({"pixels": given})
    np.testing.assert_array_equal(answers[PROBABILITIES], network({"pixels": given}))
    np.testing.assert_allclose(answers[FEATURE_DISTANCE], fitted.distance(found), rtol=1e-3)
