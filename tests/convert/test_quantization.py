"""Convolutions in 8 bits."""

import numpy as np
import onnx
import onnxruntime
import pytest

from components.common.errors import ConversionError
from components.convert.graphs import graph
from components.convert.interface import BATCH, Tensor
from components.convert.quantization import Feeds, quantized

X, Z = (Tensor(name, "float32", (BATCH, channels, 6, 6)) for name, channels in (("x", 48), ("z", 9)))


def network(wide: int = 48) -> onnx.ModelProto:
    """A pointwise convolution, a depthwise one, one to few channels; then the heat maps'."""
    rng = np.random.default_rng(0)
    body = f"""
        wide = Conv (x, w)
        active = Relu (wide)
        apart = Conv <group = {wide}, pads = [1, 1, 1, 1]> (active, d)
        few = Conv (apart, n)
        z = Conv (few, maps)
    """
    shapes = {"w": (wide, 48, 1, 1), "d": (wide, 1, 3, 3), "n": (8, wide, 1, 1), "maps": (9, 8, 1, 1)}
    arrays = {name: rng.normal(0, 0.2, shape).astype(np.float32) for name, shape in shapes.items()}
    model = graph("network", [X], [Z], body, **arrays)
    for node in model.graph.node:
        node.name = node.output[0]
    return model


def feeds(images: int = 4) -> list[Feeds]:
    rng = np.random.default_rng(1)
    return [{"x": rng.normal(size=(1, 48, 6, 6)).astype(np.float32)} for _ in range(images)]


@pytest.fixture(scope="module")
def small() -> onnx.ModelProto:
    return quantized(network(), feeds())


def test_wide_pointwise_convolutions_are_in_8_bits_with_a_scale_for_each_channel(small: onnx.ModelProto) -> None:
    onnx.checker.check_model(small, full_check=True)
    assert [(used.domain, used.version) for used in small.opset_import] == [("", 17)]
    arrays = {one.name: onnx.numpy_helper.to_array(one) for one in small.graph.initializer}
    kept = {array.shape: array.dtype.name for array in arrays.values() if array.ndim == 4}
    assert kept == {
        (48, 48, 1, 1): "int8", (48, 1, 3, 3): "float32", (8, 48, 1, 1): "float32", (9, 8, 1, 1): "float32",
    }  # fmt: skip
    (weights,) = (node for node in small.graph.node if node.input[0] in arrays)
    assert (weights.op_type, arrays[weights.input[1]].shape) == ("DequantizeLinear", (48,))


def test_the_answers_stay_near_on_what_it_was_calibrated_on(small: onnx.ModelProto) -> None:
    sessions = [onnxruntime.InferenceSession(model.SerializeToString()) for model in (network(), small)]
    for given in feeds():
        expected, found = (session.run(None, given)[0] for session in sessions)
        assert 0 < np.abs(expected - found).max() < 0.05 * np.abs(expected).max()


def test_the_same_calibration_gives_the_same_bytes(small: onnx.ModelProto) -> None:
    assert quantized(network(), feeds()).SerializeToString() == small.SerializeToString()


def test_a_calibration_of_nothing_is_an_error() -> None:
    with pytest.raises(ConversionError, match="onnxruntime cannot quantize network"):
        quantized(network(), [])


def test_a_network_without_wide_convolutions_stays_as_it_is() -> None:
    assert quantized(network(wide=16), []) == network(wide=16)
