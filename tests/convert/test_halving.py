"""Weights in float16, computed with in float32."""

import numpy as np
import onnx
import onnxruntime
import pytest

from components.convert.graphs import graph
from components.convert.halving import halved
from components.convert.interface import BATCH, Tensor

X, Y, Z = (Tensor(name, "float32", (BATCH, channels, 4, 4)) for name, channels in (("x", 16), ("y", 16), ("z", 9)))


def convolutions(weights: np.ndarray) -> onnx.ModelProto:
    """One convolution within, one that gives an output as the heat maps' does."""
    rng = np.random.default_rng(0)
    return graph(
        "convolutions", [X], [Z], "y = Conv (x, w)\nz = Conv (y, maps)",
        w=weights.astype(np.float32), maps=rng.normal(size=(9, 16, 1, 1)).astype(np.float32),
    )  # fmt: skip


def answers(model: onnx.ModelProto, optimized: str = "") -> np.ndarray:
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = optimized
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    (found,) = session.run(None, {"x": np.random.default_rng(1).normal(size=(2, 16, 4, 4)).astype(np.float32)})
    return np.asarray(found)


def stored(model: onnx.ModelProto) -> dict[str, str]:
    return {one.name: onnx.numpy_helper.to_array(one).dtype.name for one in model.graph.initializer}


def test_the_inner_convolutions_are_halved_and_the_last_stays_exact() -> None:
    model = convolutions(np.random.default_rng(2).normal(size=(16, 16, 1, 1)))
    small = halved(model)
    onnx.checker.check_model(small, full_check=True)
    assert stored(small) == {"w_half": "float16", "maps": "float32"}
    assert stored(model) == {"w": "float32", "maps": "float32"}


def test_it_computes_in_float32_with_rounded_weights(tmp_path: object) -> None:
    weights = np.random.default_rng(2).normal(size=(16, 16, 1, 1))
    rounded = convolutions(weights.astype(np.float16))
    optimized = f"{tmp_path}/optimized.onnx"
    np.testing.assert_array_equal(answers(halved(convolutions(weights)), optimized), answers(rounded))
    assert [node.op_type for node in onnx.load(optimized).graph.node] == ["Conv", "Conv"], "the Cast is not folded"


@pytest.mark.parametrize("weights", [np.full((16, 16, 1, 1), 1e5), np.ones((16, 1, 1, 1))])
def test_what_overflows_and_what_is_small_stays_as_it_is(weights: np.ndarray) -> None:
    model = convolutions(weights)
    if weights.shape[1] == 1:
        model.graph.node[0].attribute.append(onnx.helper.make_attribute("group", 16))
    assert halved(model) == model
