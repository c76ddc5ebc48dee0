"""A copy of the ensemble that has learnt nothing: the weights of its members in a random order.

For the sanity check of Adebayo et al., Sanity Checks for Saliency Maps (2018, arXiv 1810.03292): a map that stays as it
is when the weights change says nothing of the model. Permuted weights keep their sizes and so their activations' scale,
unlike weights drawn anew.
"""

import re

import numpy as np
import onnx
from onnx import numpy_helper

from components.common.errors import DataError

# Names are those that convert gives (`joining.py`, `resize.py`, `head.py`): all of a member's begin with its prefix,
# and the matrices that resize its pixels and its heat maps end so. The head's own constants have no prefix.
_OF_MEMBER = re.compile(r"member_\d+_")
_RESIZING = re.compile(r"_(rows|columns)$")

_WEIGHTED = {"Conv", "MatMul", "Gemm"}


def shuffled(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """A copy with the values of each convolution's and dense layer's weights in another order.

    Biases, batch normalization, resizing, ranks and calibration stay.

    Args:
        model: `ensemble.onnx`, of convert.
        seed: of the order.

    Raises:
        DataError: the model has no such weights.
    """
    names = weight_names(model)
    if not names:
        raise DataError("the model has no weights named member_<number>_...: run convert again")
    random, copy = np.random.default_rng(seed), onnx.ModelProto()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        if tensor.name in names:
            values = numpy_helper.to_array(tensor)
            tensor.CopyFrom(numpy_helper.from_array(random.permuted(values.ravel()).reshape(values.shape), tensor.name))
    return copy


def weight_names(model: onnx.ModelProto) -> set[str]:
    """Names of the initializers that are weights of the members' convolutions and dense layers."""
    constants = {tensor.name for tensor in model.graph.initializer}
    weights = {node.input[1] for node in model.graph.node if node.op_type in _WEIGHTED}
    return {name for name in weights & constants if _OF_MEMBER.match(name) and not _RESIZING.search(name)}
