"""Convolutions in 8 bits."""

from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest

from components.common.errors import ConversionError
from components.convert.graphs import graph
from components.convert.interface import BATCH, Tensor
from components.convert.quantization import Feeds, quantized

X, Z = (Tensor(name, "float32", (BATCH, channels, 6, 6)) for name, channels in (("x", 8), ("z", 9)))


def network() -> onnx.ModelProto:
    """A pointwise and a depthwise convolution, the latter scaled and shifted; then the heat maps'."""
    rng = np.random.default_rng(0)
    body = """
        wide = Conv (x, w)
        active = Relu (wide)
        apart = Conv <group = 8, pads = [1, 1, 1, 1]> (active, d)
        scaled = Mul (apart, s)
        shifted = Add (scaled, b)
        z = Conv (shifted, maps)
    """
    scales = np.logspace(-0.3, 0.3, 8).reshape(1, 8, 1, 1)
    arrays = {
        "w": rng.normal(size=(8, 8, 1, 1)), "d": rng.normal(size=(8, 1, 3, 3)), "s": scales,
        "b": rng.normal(size=(1, 8, 1, 1)), "maps": rng.normal(size=(9, 8, 1, 1)) / scales,
    }  # fmt: skip
    model = graph("network", [X], [Z], body, **{name: array.astype(np.float32) for name, array in arrays.items()})
    for node in model.graph.node:
        node.name = node.output[0]
    return model


def feeds(seed: int, images: int = 4) -> list[Feeds]:
    rng = np.random.default_rng(seed)
    return [{"x": rng.normal(size=(1, 8, 6, 6)).astype(np.float32)} for _ in range(images)]


@pytest.fixture(scope="module")
def small() -> onnx.ModelProto:
    return quantized(network(), feeds(1))


def test_the_inner_convolutions_are_in_8_bits_with_a_scale_for_each_channel(small: onnx.ModelProto) -> None:
    onnx.checker.check_model(small, full_check=True)
    assert [(used.domain, used.version) for used in small.opset_import] == [("", 17)]
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in small.graph.initializer}
    eight_bits = [array for array in arrays.values() if array.dtype == np.int8 and array.ndim == 4]
    assert sorted(array.shape for array in eight_bits) == [(8, 1, 3, 3), (8, 8, 1, 1)]
    weights = [node for node in small.graph.node if node.input[0] in arrays and arrays[node.input[0]].ndim == 4]
    assert [arrays[node.input[1]].shape for node in weights if node.op_type == "DequantizeLinear"] == [(8,), (8,)]


def test_what_follows_a_depthwise_convolution_goes_into_its_weights(small: onnx.ModelProto) -> None:
    assert not {"Mul", "Add"} & set(Counter(node.op_type for node in small.graph.node))


def test_the_answers_stay_near_on_what_it_was_calibrated_on(small: onnx.ModelProto) -> None:
    sessions = [onnxruntime.InferenceSession(model.SerializeToString()) for model in (network(), small)]
    for given in feeds(1):
        expected, found = (session.run(None, given)[0] for session in sessions)
        assert 0 < np.abs(expected - found).max() < 0.1 * np.abs(expected).max()


def test_the_same_calibration_gives_the_same_bytes(small: onnx.ModelProto) -> None:
    assert quantized(network(), feeds(1)).SerializeToString() == small.SerializeToString()


def test_a_calibration_of_nothing_is_an_error() -> None:
    with pytest.raises(ConversionError, match="onnxruntime cannot quantize network"):
        quantized(network(), [])
