"""Names, types and shapes, asserted exactly."""

import onnx
import pytest

from components.common.errors import ConversionError
from components.convert.graphs import graph
from components.convert.interface import BATCH, Interface, Tensor, ensemble_interface, member_interface, seal, tensors

X, Y = Tensor("x", "float32", (BATCH, 2)), Tensor("y", "float32", (BATCH, 2))


def negation() -> onnx.ModelProto:
    return graph("negation", [X], [Y], "y = Neg (x)")


def test_a_member_takes_pixels_and_demographics() -> None:
    interface = member_interface(768, (12, 12))
    assert [tensor.text() for tensor in interface.inputs] == [
        "uint8[batch, 768, 768, 3] pixels_768",
        "float[batch, 12] demographics",
    ]
    assert [tensor.text() for tensor in interface.outputs] == [
        "float[batch, 9] probabilities",
        "float[batch, 9, 12, 12] heatmaps",
        "float[batch] feature_distance",
    ]


def test_an_ensemble_takes_each_crop_once() -> None:
    interface = ensemble_interface([512, 768], 3, (14, 14))
    assert [tensor.name for tensor in interface.inputs] == ["pixels_512", "pixels_768", "demographics"]
    assert {tensor.name: tensor.shape for tensor in interface.outputs} == {
        "probabilities": ("batch", 9),
        "average": ("batch", 9),
        "member_probabilities": ("batch", 3, 9),
        "member_ranks": ("batch", 3, 9),
        "heatmaps": ("batch", 9, 14, 14),
        "out_of_distribution": ("batch",),
    }


def test_sealing_names_the_batch() -> None:
    model = negation()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "unk__7"
    sealed = seal(model, Interface((X,), (Y,)))
    assert sealed.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert tensors(sealed.graph.output) == [Y]


@pytest.mark.parametrize(
    "wrong",
    [Tensor("x_1", "float32", (BATCH, 2)), Tensor("x", "uint8", (BATCH, 2)), Tensor("x", "float32", (BATCH, 3))],
)
def test_another_name_type_or_shape_is_refused(wrong: Tensor) -> None:
    with pytest.raises(ConversionError, match="the inputs must be .* but the conversion gave float\\[batch, 2\\] x"):
        seal(negation(), Interface((wrong,), (Y,)))


def test_a_leaked_input_is_refused() -> None:
    leaked = graph("leak", [X, Tensor("mean", "float32", (2,))], [Y], "y = Sub (x, mean)")
    with pytest.raises(ConversionError, match="but the conversion gave .*mean"):
        seal(leaked, Interface((X,), (Y,)))


def test_a_graph_whose_shapes_do_not_fit_is_refused() -> None:
    wide = Tensor("y", "float32", (BATCH, 5))
    with pytest.raises(ConversionError, match="the graph negation is not a valid ONNX model"):
        seal(graph("negation", [X], [wide], "y = Neg (x)"), Interface((X,), (wide,)))
