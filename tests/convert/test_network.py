"""A member's Keras network and its conversion."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest

from components.common.errors import ConversionError, DataError
from components.common.member import DEMOGRAPHICS, FEATURE_MAP, IMAGE_LOGITS, MODEL_FILE, PIXELS, POOLED, PROBABILITIES
from components.convert.interface import tensors
from components.convert.network import load_network, network_graph, with_heatmaps
from tests.convert.conftest import Workplace, small_network
from tests.networks import with_distance

keras = pytest.importorskip("keras")


def example(size: int, images: int = 2) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    pixels = rng.uniform(0, 255, (images, size, size, 3)).astype(np.float32)
    return {PIXELS: pixels, DEMOGRAPHICS: rng.random((images, 12), np.float32)}


def test_the_heat_maps_add_up_to_the_logits(workplace: Workplace) -> None:
    network = load_network(workplace.members[0] / MODEL_FILE, 64)
    given = example(64)
    probabilities, _, maps = (np.asarray(answer) for answer in with_heatmaps(network)(given))
    parts = keras.Model(network.inputs, [network.get_layer("logits").output, network.get_layer(IMAGE_LOGITS).output])
    logits, of_image = (np.asarray(answer) for answer in parts(given))
    assert maps.shape == (2, 2, 2, 9)
    np.testing.assert_allclose(
        maps.mean(axis=(1, 2)) + network.get_layer(IMAGE_LOGITS).bias.numpy() + (logits - of_image), logits, atol=1e-4
    )
    np.testing.assert_allclose(probabilities, np.asarray(network(given)[PROBABILITIES]), atol=1e-6)


def test_a_network_converts_to_the_same_answers_and_nothing_leaks() -> None:
    network = small_network(32, 8)
    model = network_graph(network)
    assert {tensor.name: tensor.shape for tensor in tensors(model.graph.input)} == {
        PIXELS: ("batch", 3, 32, 32),
        DEMOGRAPHICS: ("batch", 12),
    }
    assert {tensor.name: tensor.shape for tensor in tensors(model.graph.output)} == {
        "probabilities": ("batch", 9),
        "feature_distance": ("batch",),
        "heatmaps": ("batch", 9, 4, 4),
    }
    given = example(32)
    expected, distance, maps = (np.asarray(answer) for answer in with_heatmaps(network)(given))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    fed = {PIXELS: given[PIXELS].transpose(0, 3, 1, 2), DEMOGRAPHICS: given[DEMOGRAPHICS]}
    found, found_distance, found_maps = session.run(["probabilities", "feature_distance", "heatmaps"], fed)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found_distance, distance, rtol=1e-5)
    np.testing.assert_allclose(found_maps.transpose(0, 2, 3, 1), maps, atol=1e-5)


def test_an_operation_without_counterpart_is_named() -> None:
    network = small_network(32, 8)
    features = keras.ops.erfinv(network.get_layer(FEATURE_MAP).output * 0.01)
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLED)(features)
    logits = keras.layers.Dense(9, name=IMAGE_LOGITS)(pooled)
    odd = with_distance(keras.Model(network.inputs, keras.layers.Softmax(name="probabilities")(logits)))
    with pytest.raises(ConversionError, match="no ONNX counterpart: .*Erfinv"):
        network_graph(odd)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / MODEL_FILE).write_bytes(b"PK nothing")
    with pytest.raises(DataError, match="cannot load .*model.keras: .*; run train again"):
        load_network(tmp_path / MODEL_FILE, 32)


def saved(network: Any, folder: Path) -> Path:
    network.save(folder / MODEL_FILE)
    return folder / MODEL_FILE


def test_a_network_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected from .*\\(None, 64, 64, 3\\)"):
        load_network(saved(small_network(32, 8), tmp_path), 64)


def test_a_network_in_half_precision_is_refused(tmp_path: Path) -> None:
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        file = saved(small_network(32, 8), tmp_path)
    finally:
        keras.config.set_dtype_policy("float32")
    with pytest.raises(DataError, match="computes in bfloat16: save it with the policy float32"):
        load_network(file, 32)
