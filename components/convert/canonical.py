"""One spelling of a graph: the same network always gives the same bytes, so that its digest tells models apart.

tf2onnx numbers what it adds (`Squeeze__1088`, `new_shape__995`) in an order that changes from run to run. And of two
operations that compute the same it keeps either, which TensorFlow has numbered (`strided_slice`, `strided_slice_1`).
"""

import re
from collections import Counter
from collections.abc import Container, Iterable

import onnx

_NUMBER = re.compile(r"__\d+|_\d+(?=[/:]|$)")


def canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    """Order the nodes and constants by their way to the outputs, and name them in that order; in place.

    Args:
        model: without control flow (no graph within a node).
    """
    graph = model.graph
    nodes = _from_the_outputs(graph)
    constants = {constant.name: constant for constant in graph.initializer}
    nodes_names = _numbered((node.name for node in nodes), [])
    for node in nodes:
        node.name = nodes_names[node.name]
    ends = [value.name for value in (*graph.input, *graph.output)]
    tensors = _numbered((name for node in nodes for name in node.output), ends) | _by_user(nodes, constants)
    for node in nodes:
        node.input[:] = [tensors[name] for name in node.input]
        node.output[:] = [tensors[name] for name in node.output]
    used = [constants[name] for name in tensors if name in constants]
    for constant in used:
        constant.name = tensors[constant.name]
    _replace(graph.node, nodes)
    _replace(graph.initializer, used)
    del graph.value_info[:]
    return model


def _by_user(nodes: Iterable[onnx.NodeProto], constants: Container[str]) -> dict[str, str]:
    """New names of the constants by old ones: the first node that uses it, and where.

    Of equal constants tf2onnx keeps any one, so their own names tell nothing.
    """
    new: dict[str, str] = {}
    for node in nodes:
        for place, name in enumerate(node.input):
            if name in constants:
                new.setdefault(name, f"{node.name}/constant_{place}")
    return new


def _from_the_outputs(graph: onnx.GraphProto) -> list[onnx.NodeProto]:
    """The nodes that the outputs need, each after those that it needs: depth first, in the order of inputs."""
    producers = {name: index for index, node in enumerate(graph.node) for name in node.output}
    ordered: dict[int, onnx.NodeProto] = {}
    waiting = [producers[value.name] for value in reversed(graph.output) if value.name in producers]
    while waiting:
        node = graph.node[waiting[-1]]
        missing = [producers[name] for name in node.input if name in producers and producers[name] not in ordered]
        if missing:
            waiting.extend(reversed(missing))
        else:
            ordered.setdefault(waiting.pop(), node)
    return list(ordered.values())


def _numbered(names: Iterable[str], kept: Iterable[str]) -> dict[str, str]:
    """New names by old ones, in order of first appearance."""
    new = {name: name for name in ["", *kept]}
    counts = Counter(new)
    for name in names:
        if name not in new:
            stem = _NUMBER.sub("", name)
            new[name] = f"{stem}__{counts[stem]}" if counts[stem] else stem
            counts[stem] += 1
    return new


def _replace(field: object, items: list[onnx.NodeProto] | list[onnx.TensorProto]) -> None:
    """Put copies of `items`, which are the field's own, in its place."""
    copies = [type(item)() for item in items]
    for copy, item in zip(copies, items, strict=True):
        copy.CopyFrom(item)
    del field[:]  # type: ignore[attr-defined]
    field.extend(copies)  # type: ignore[attr-defined]
