"""Small ONNX graphs written as text, and the joining of graphs.

The text is ONNX's own (https://github.com/onnx/onnx/blob/main/docs/Syntax.md).
"""

from collections.abc import Sequence

import numpy as np
import onnx
from onnx import compose, numpy_helper, parser

from components.common.errors import ConversionError
from components.convert.interface import Tensor

OPSET = 17
IR_VERSION = 8

_HEADER = f'<ir_version: {IR_VERSION}, opset_import: ["" : {OPSET}]>'


def graph(
    name: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor], body: str, **weights: np.ndarray
) -> onnx.ModelProto:
    """A graph from its text.

    Args:
        name: of the graph, an identifier.
        inputs: of the graph.
        outputs: of the graph.
        body: its nodes, such as `y = Add (x, bias)`, one a line.
        weights: the constants that the body names.
    """
    given, wanted = (", ".join(tensor.text() for tensor in tensors) for tensors in (inputs, outputs))
    model = parser.parse_model(f"{_HEADER}\n{name} ({given}) => ({wanted}) {{\n{body}\n}}")
    model.graph.initializer.extend(numpy_helper.from_array(array, weight) for weight, array in weights.items())
    return model


def join(first: onnx.ModelProto, second: onnx.ModelProto, wires: Sequence[tuple[str, str]]) -> onnx.ModelProto:
    """One model of two: each wire takes an output of the first to an input of the second.

    Raises:
        ConversionError: the two do not fit together.
    """
    try:
        model = compose.merge_models(first, second, io_map=list(wires))
    except (ValueError, onnx.checker.ValidationError) as error:
        raise ConversionError(f"cannot join {first.graph.name} and {second.graph.name}: {error}") from error
    set_opset(model)  # else it is named twice, which onnxruntime's quantization does not understand
    return model


def set_opset(model: onnx.ModelProto) -> None:
    """Say that a model uses the operators of ONNX alone, of version `OPSET`."""
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))


def beside(models: Sequence[onnx.ModelProto]) -> onnx.ModelProto:
    """One model that holds several side by side; their names must not overlap."""
    together = models[0]
    for model in models[1:]:
        together = join(together, model, [])
    return together
