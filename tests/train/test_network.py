"""The network of a member, and its backbone's weights."""

from pathlib import Path

import keras
import numpy as np
import pytest

from components.common import demographics
from components.common.errors import SettingsError, StorageError
from components.common.member import DEMOGRAPHICS, FEATURE_MAP, IMAGE_LOGITS, PIXELS
from components.train.network import build_network, stock_copy
from tests.gcs import emulated_bucket
from tests.networks import as_if_trained

SIZE = 32


@pytest.fixture(scope="module")
def network() -> keras.Model:
    keras.utils.set_random_seed(0)
    return build_network("EfficientNetB0", SIZE)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, keras.Model]:
    """Weights as keras.applications saves them, ImageNet's normalization in them, and the network they are from."""
    keras.utils.set_random_seed(1)
    backbone = keras.applications.EfficientNetB0(include_top=False, weights=None, input_shape=(SIZE, SIZE, 3))
    mean, variance = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    normalization = next(layer for layer in backbone.layers if isinstance(layer, keras.layers.Normalization))
    normalization.set_weights([mean, variance, np.array(0)])
    normalization.finalize_state()
    file = tmp_path_factory.mktemp("weights") / "efficientnetb0_notop.h5"
    backbone.save(file)
    return file, backbone


def inputs(batch: int, size: int = SIZE) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        PIXELS: random.uniform(0, 255, (batch, size, size, 3)).astype(np.float32),
        DEMOGRAPHICS: np.tile(demographics.encode("male", 50, None), (batch, 1)),
    }


def test_it_gives_nine_probabilities(network: keras.Model) -> None:
    probabilities = np.asarray(network(inputs(3)))
    assert probabilities.shape == (3, 9)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)


def test_the_demographics_matter(network: keras.Model) -> None:
    some, none = inputs(1), inputs(1)
    none[DEMOGRAPHICS] = demographics.MISSING[None]
    assert np.abs(network(some) - network(none)).max() > 1e-4


def test_the_map_of_a_class_averages_to_its_logit(network: keras.Model) -> None:
    outputs = [network.get_layer(name).output for name in (FEATURE_MAP, IMAGE_LOGITS)]
    features, logits = keras.Model(network.inputs, outputs)(inputs(2))
    kernel, bias = network.get_layer(IMAGE_LOGITS).get_weights()
    maps = np.asarray(features) @ kernel
    np.testing.assert_allclose(maps.mean(axis=(1, 2)) + bias, logits, atol=1e-4)


def test_saved_weights_give_the_features_that_imagenet_weights_give(saved: tuple[Path, keras.Model]) -> None:
    file, original = saved
    network = build_network("EfficientNetB0", SIZE, weights=str(file))
    # Where Keras loads ImageNet's weights itself, it divides by the standard deviation once more after normalizing.
    normalization = next(layer for layer in original.layers if isinstance(layer, keras.layers.Normalization))
    stem = keras.Model(original.input, normalization.output)
    rest = keras.Model(original.get_layer("stem_conv_pad").input, original.output)
    pixels = inputs(2)[PIXELS]
    deviation = np.sqrt([0.229, 0.224, 0.225]).astype(np.float32)
    expected = rest(np.asarray(stem(pixels)) / deviation)
    features = keras.Model(network.inputs, network.get_layer(FEATURE_MAP).output)(inputs(2))
    np.testing.assert_allclose(features, expected, atol=1e-4)


def test_imagenet_weights_give_what_keras_own_network_gives_and_a_copy_is_whole(
    saved: tuple[Path, keras.Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Keras downloads its files through this function: here the file lies on the disk already.
    monkeypatch.setattr("keras.src.applications.efficientnet.file_utils.get_file", lambda *_, **__: str(saved[0]))
    keras_own = keras.applications.EfficientNetB0(include_top=False, weights="imagenet", input_shape=(SIZE, SIZE, 3))
    network = build_network("EfficientNetB0", SIZE, weights="imagenet")
    features = keras.Model(network.inputs, network.get_layer(FEATURE_MAP).output)
    np.testing.assert_allclose(features(inputs(2)), keras_own(inputs(2)[PIXELS]), atol=1e-4)
    copy = build_network("EfficientNetB0", SIZE)
    copy.set_weights(network.get_weights())
    np.testing.assert_allclose(copy(inputs(2)), network(inputs(2)), atol=1e-6)


def test_weights_are_found_in_a_folder_and_in_a_bucket_by_keras_own_name(saved: tuple[Path, keras.Model]) -> None:
    file, _ = saved
    here = build_network("EfficientNetB0", SIZE, weights=str(file.parent)).get_weights()
    with emulated_bucket({"weights/efficientnetb0_notop.h5": file.read_bytes()}) as bucket:
        there = build_network("EfficientNetB0", SIZE, weights=f"{bucket}/weights").get_weights()
    for one, other in zip(here[:-6], there[:-6], strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_another_architecture_are_refused_with_both_names(saved: tuple[Path, keras.Model]) -> None:
    with pytest.raises(SettingsError, match="efficientnetb0_notop.h5 do not fit EfficientNetB1"):
        build_network("EfficientNetB1", SIZE, weights=str(saved[0]))


def test_weights_that_are_not_there_are_named() -> None:
    with pytest.raises(StorageError, match="no weights file /no/such/efficientnetb0_notop.h5"):
        build_network("EfficientNetB0", SIZE, weights="/no/such")


def test_batch_normalization_settles_fast_only_from_scratch(
    network: keras.Model, saved: tuple[Path, keras.Model]
) -> None:
    pretrained = build_network("EfficientNetB0", SIZE, weights=str(saved[0]))
    assert network.get_layer("stem_bn").momentum == 0.9
    assert pretrained.get_layer("stem_bn").momentum == 0.99


def test_a_copy_for_serving_normalizes_as_the_pretrained_network_does(saved: tuple[Path, keras.Model]) -> None:
    network = build_network("EfficientNetB0", SIZE, weights=str(saved[0]))
    copy = stock_copy(network, "EfficientNetB0", SIZE, factor=1.0)
    normalized = []
    for one in (network, copy):
        layer = next(layer for layer in one.layers if isinstance(layer, keras.layers.Normalization))
        normalized.append(np.asarray(keras.Model(one.inputs, layer.output)(inputs(2))))
    assert np.abs(normalized[0] - inputs(2)[PIXELS] / 255).max() > 0.5
    np.testing.assert_allclose(*normalized, atol=1e-6)
    np.testing.assert_allclose(copy(inputs(2)), network(inputs(2)), atol=1e-6)


@pytest.fixture(scope="module")
def seen_once_and_with_flips() -> tuple[keras.Model, keras.Model]:
    """The logits and the feature map of a network for serving, each picture seen once, and with test-time flips."""
    network = as_if_trained(64)
    both = network, stock_copy(network, "EfficientNetB0", 64, factor=1.0, flips=True)
    once, with_flips = (
        keras.Model(one.inputs, [one.get_layer(name).output for name in (IMAGE_LOGITS, FEATURE_MAP)]) for one in both
    )
    return once, with_flips


@pytest.mark.parametrize("axes", [(1,), (2,), (1, 2)])
def test_with_flips_a_mirrored_picture_gets_the_same_logits_and_the_mirrored_map(
    seen_once_and_with_flips: tuple[keras.Model, keras.Model], axes: tuple[int, ...]
) -> None:
    once, with_flips = seen_once_and_with_flips
    given = inputs(2, 64)
    mirrored = {**given, PIXELS: np.flip(given[PIXELS], axes)}
    (logits, features), (expected, expected_features) = with_flips(mirrored), with_flips(given)
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    np.testing.assert_allclose(features, np.flip(expected_features, axes), atol=1e-5)
    assert np.abs(np.asarray(once(mirrored)[1]) - np.flip(once(given)[1], axes)).max() > 0.1


def test_with_flips_the_logits_are_the_mean_over_the_views(
    seen_once_and_with_flips: tuple[keras.Model, keras.Model],
) -> None:
    once, with_flips = seen_once_and_with_flips
    given = inputs(2, 64)
    views = [{**given, PIXELS: np.flip(given[PIXELS], axes)} for axes in ((), (1,), (2,), (1, 2))]
    np.testing.assert_allclose(with_flips(given)[0], np.mean([once(view)[0] for view in views], axis=0), atol=1e-5)


def test_the_demographics_factor_goes_into_the_copys_weights(network: keras.Model) -> None:
    whole, none = (stock_copy(network, "EfficientNetB0", SIZE, factor=factor) for factor in (1.0, 0.0))
    np.testing.assert_allclose(whole(inputs(2)), network(inputs(2)), atol=1e-6)
    other = inputs(2)
    other[DEMOGRAPHICS] = np.tile(demographics.MISSING, (2, 1))
    np.testing.assert_allclose(none(inputs(2)), none(other), atol=1e-6)
    assert np.abs(np.asarray(whole(inputs(2))) - np.asarray(whole(other))).max() > 1e-4
