"""Which weights are shuffled: in an ensemble joined by convert's own code, so that its names are what is relied on."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from components.common import demographics
from components.common.errors import DataError
from components.convert.graphs import graph, join
from components.convert.interface import DEMOGRAPHICS, FEATURE_DISTANCE, PROBABILITIES, Tensor, heatmaps
from components.convert.joining import ensemble_graph
from components.convert.resize import RESIZED, resizing_graph
from components.robustness.shuffling import shuffled, weight_names
from tests.ensembles import as_if_fitted

CROP, SIZES = 12, (8, 12)
"""Of the members: the first one's pixels are resized, and its map is."""

BODY = """
    features = Conv <strides = [2, 2]> (pixels, kernel, bias)
    normal = Mul (features, gamma)
    heatmaps = Conv (normal, class_kernel)
    pooled = ReduceMean <axes = [2, 3], keepdims = 0> (normal)
    of_image = MatMul (pooled, dense)
    of_patient = MatMul (demographics, patient)
    logits = Add (of_image, of_patient)
    whitened = MatMul (pooled, axes)
    feature_distance = ReduceMean <axes = [1], keepdims = 0> (whitened)
    probabilities = Softmax <axis = 1> (logits)
"""
WEIGHTS = ("kernel", "class_kernel", "dense", "patient", "axes")


def member(size: int) -> onnx.ModelProto:
    random = np.random.default_rng(size)
    shapes = {
        "kernel": (4, 3, 2, 2), "bias": (4,), "gamma": (1, 4, 1, 1), "class_kernel": (9, 4, 1, 1), "dense": (4, 9),
        "patient": (demographics.LENGTH, 9), "axes": (4, 2),
    }  # fmt: skip
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    given = [Tensor("pixels", "float32", ("batch", 3, size, size)), DEMOGRAPHICS]
    answers = [PROBABILITIES, heatmaps((size // 2, size // 2)), FEATURE_DISTANCE]
    network = graph("network", given, answers, BODY, **weights)
    return join(resizing_graph(CROP, size), network, [(RESIZED, "pixels")])


@pytest.fixture(scope="module")
def model() -> onnx.ModelProto:
    return ensemble_graph(as_if_fitted(["a", "b"]), [member(size) for size in SIZES], [CROP] * len(SIZES))


def constants(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


def test_the_weights_are_those_of_the_members_convolutions_and_dense_layers(model: onnx.ModelProto) -> None:
    assert weight_names(model) == {f"member_{number}_{name}" for number in (1, 2) for name in WEIGHTS}
    resizing = {"member_1_rows", "member_1_columns", "member_1_heatmaps_rows", "member_1_heatmaps_columns"}
    assert resizing < set(constants(model)) - weight_names(model)


def test_all_weights_and_only_they_change_and_keep_their_values(model: onnx.ModelProto) -> None:
    before, after = constants(model), constants(shuffled(model, 5))
    assert {name for name in before if not np.array_equal(before[name], after[name])} == weight_names(model)
    for name in weight_names(model):
        assert (after[name].shape, after[name].dtype) == (before[name].shape, before[name].dtype)
        assert np.array_equal(np.sort(after[name], axis=None), np.sort(before[name], axis=None))


def test_the_copy_is_a_valid_model_with_the_same_graph_and_the_original_stays(model: onnx.ModelProto) -> None:
    before = model.SerializeToString(deterministic=True)
    copy = shuffled(model, 5)
    assert model.SerializeToString(deterministic=True) == before
    onnx.checker.check_model(copy, full_check=True)
    assert list(copy.graph.node) == list(model.graph.node)


def test_the_same_seed_gives_the_same_order_and_another_another(model: onnx.ModelProto) -> None:
    assert shuffled(model, 5) == shuffled(model, 5)
    assert shuffled(model, 5) != shuffled(model, 6)


def test_a_model_without_names_of_members_is_refused() -> None:
    with pytest.raises(DataError, match="no weights named member_<number>_...: run convert again"):
        shuffled(member(8), 0)
