"""The variant float16: convolutions' weights stored in half precision, everything computed in single.

Behind each stored weight stands a Cast, which onnxruntime works out once, as it loads the file. So the answers are
those of weights rounded to 11 bits, at the speed of the original. (The converter of onnxconverter-common, and
onnxruntime's own, make the computation half precision too, for which few CPUs have instructions.)
"""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from components.convert.convolutions import inner_convolutions

_SMALL = 256
"""Weights of fewer values are not worth a Cast."""


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    """A member with the weights of its convolutions in float16.

    What is small, and what overflows float16, stays in float32.

    Args:
        model: with the interface `interface.member_interface`; it is left as it is.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    weights = {node.input[1] for node in inner_convolutions(copy.graph)}
    casts = []
    for stored in copy.graph.initializer:
        if stored.name in weights and (half := _half(stored)) is not None:
            casts.append(helper.make_node("Cast", [f"{stored.name}_half"], [stored.name], to=onnx.TensorProto.FLOAT))
            stored.CopyFrom(numpy_helper.from_array(half, f"{stored.name}_half"))
    nodes = [*casts, *copy.graph.node]
    del copy.graph.node[:]
    copy.graph.node.extend(nodes)
    return copy


def _half(stored: onnx.TensorProto) -> np.ndarray | None:
    weights = numpy_helper.to_array(stored)
    if weights.dtype != np.float32 or weights.size < _SMALL or np.abs(weights).max() > np.finfo(np.float16).max:
        return None
    return weights.astype(np.float16)
