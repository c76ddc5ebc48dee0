"""The convolutions of a member: nearly all of its weights, and nearly all of its work."""

from collections.abc import Iterator

import onnx


def inner_convolutions(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """The convolutions that a variant may hold in fewer bits.

    All but the one that draws the heat maps: its weights are those of the logits, which are small and stay exact.
    """
    outputs = {value.name for value in graph.output}
    for node in graph.node:
        if node.op_type == "Conv" and not outputs.intersection(node.output):
            yield node
