"""The ensemble's graph: its inputs handed to the members, the members side by side, the head behind them."""

from collections.abc import Sequence

import onnx

from components.common.ensemble import Ensemble
from components.convert.graphs import beside, graph, join
from components.convert.head import Grid, common_grid, head_graph
from components.convert.interface import (
    DEMOGRAPHICS,
    FEATURE_DISTANCE,
    Tensor,
    ensemble_interface,
    pixels,
    seal,
    tensors,
)

_OUTPUTS = ("probabilities", "heatmaps", FEATURE_DISTANCE.name)


def ensemble_graph(ensemble: Ensemble, members: Sequence[onnx.ModelProto], crops: Sequence[int]) -> onnx.ModelProto:
    """Join the members' models into the ensemble's.

    Args:
        ensemble: fitted.
        members: with the interface `interface.member_interface`, in the ensemble's order.
        crops: of the members, in the same order.

    Returns:
        A model with the interface `interface.ensemble_interface`.

    Raises:
        ConversionError: the parts do not fit together.
    """
    prefixes = [f"member_{number}_" for number in range(1, len(members) + 1)]
    grids = [_grid(member) for member in members]
    prefixed = [onnx.compose.add_prefix(member, prefix) for member, prefix in zip(members, prefixes, strict=True)]
    distinct = sorted(set(crops))
    wires = [(f"{prefix}{tensor.name}_in", prefix + tensor.name) for prefix, tensor in _inputs(prefixes, crops)]
    model = join(_entry(prefixes, crops, distinct), beside(prefixed), wires)
    outputs = [prefix + name for prefix in prefixes for name in _OUTPUTS]
    model = join(model, head_graph(ensemble, prefixes, grids), [(name, name) for name in outputs])
    model.graph.name = "ensemble"
    return seal(model, ensemble_interface(distinct, len(members), common_grid(grids)))


def _inputs(prefixes: Sequence[str], crops: Sequence[int]) -> list[tuple[str, Tensor]]:
    """What each member takes."""
    pairs = zip(prefixes, crops, strict=True)
    return [(prefix, tensor) for prefix, crop in pairs for tensor in (pixels(crop), DEMOGRAPHICS)]


def _entry(prefixes: Sequence[str], crops: Sequence[int], distinct: Sequence[int]) -> onnx.ModelProto:
    """A graph that hands the ensemble's inputs to the members."""
    inputs = _inputs(prefixes, crops)
    handed = [Tensor(f"{prefix}{tensor.name}_in", tensor.dtype, tensor.shape) for prefix, tensor in inputs]
    body = "\n".join(f"{out.name} = Identity ({tensor.name})" for out, (_, tensor) in zip(handed, inputs, strict=True))
    return graph("entry", [*map(pixels, distinct), DEMOGRAPHICS], handed, body)


def _grid(member: onnx.ModelProto) -> Grid:
    shape = next(tensor.shape for tensor in tensors(member.graph.output) if tensor.name == "heatmaps")
    return int(shape[2]), int(shape[3])
