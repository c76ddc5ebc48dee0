"""One spelling of a graph: the same network always gives the same bytes, so that its digest tells models apart.

tf2onnx numbers what it adds (`Squeeze__1088`, `new_shape__995`) in an order that changes from run to run. Of two
operations that compute the same it keeps either, which TensorFlow has numbered (`strided_slice`, `strided_slice_1`).
And of transpositions that cancel out it leaves some, as reshapes that change nothing: now one more, now one less.
"""

import re
from collections import Counter
from collections.abc import Container, Iterable

import onnx

_NUMBER = re.compile(r"__\d+|_\d+(?=[/:]|$)")


def canonical(model: onnx.ModelProto) -> onnx.ModelProto:
    """Leave out what changes nothing, order the rest by its way to the outputs, and name it in that order; in place.

    Args:
        model: without control flow (no graph within a node).
    """
    graph = model.graph
    _bypass(graph, _idle_reshapes(model))
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


def _idle_reshapes(model: onnx.ModelProto) -> dict[str, str]:
    """Of the reshapes to the shape that a tensor has already: their inputs by their outputs.

    One that makes an output of the graph stays: its output has a name that must be there.
    """
    shapes = _shapes(onnx.shape_inference.infer_shapes(model).graph)
    outputs = {value.name for value in model.graph.output}
    reshapes = [node for node in model.graph.node if node.op_type == "Reshape" and node.output[0] not in outputs]
    pairs = {node.output[0]: node.input[0] for node in reshapes}
    return {after: before for after, before in pairs.items() if _same(shapes.get(before), shapes.get(after))}


def _shapes(graph: onnx.GraphProto) -> dict[str, tuple[int, ...]]:
    """By tensor, with 0 for a length that only a run shows."""
    typed = ((value.name, value.type.tensor_type) for value in (*graph.input, *graph.value_info))
    return {name: tuple(side.dim_value for side in of.shape.dim) for name, of in typed if of.HasField("shape")}


def _same(before: tuple[int, ...] | None, after: tuple[int, ...] | None) -> bool:
    """Whether two shapes of as many values must be one: all lengths but one agree, so that one does too."""
    return before is not None and before == after and before.count(0) <= 1


def _bypass(graph: onnx.GraphProto, sources: dict[str, str]) -> None:
    """Let those that use a key of `sources` use its value."""
    for node in graph.node:
        for place, name in enumerate(node.input):
            while name in sources:
                name = sources[name]
            node.input[place] = name


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
