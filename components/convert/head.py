"""The ensemble's head as an ONNX graph: ranks, average, calibration; out-of-distribution score; mean of heat maps.

The arithmetic is that of `components.common.ensemble`, in float64 as there, so that the head adds no error of its own.
"""

from collections.abc import Sequence

import numpy as np
import onnx

from components.common.ensemble import LEAST_DISTANCE, MARGIN, Ensemble
from components.convert.graphs import graph
from components.convert.interface import FEATURE_DISTANCE, PROBABILITIES, Tensor, ensemble_interface, heatmaps
from components.convert.resize import resize_matrix

Grid = tuple[int, int]


def common_grid(grids: Sequence[Grid]) -> Grid:
    """Rows and columns of the finest of the members' heat maps."""
    return max(rows for rows, _ in grids), max(columns for _, columns in grids)


def head_graph(ensemble: Ensemble, prefixes: Sequence[str], grids: Sequence[Grid]) -> onnx.ModelProto:
    """The graph that follows the members.

    Args:
        ensemble: fitted.
        prefixes: for each member, what stands before its outputs' names: the graph's inputs are
            `<prefix>probabilities`, `<prefix>heatmaps` and `<prefix>feature_distance`.
        grids: for each member, rows and columns of its heat maps.

    Returns:
        A graph with the outputs of `interface.ensemble_interface`.
    """
    grid = common_grid(grids)
    answers = [PROBABILITIES.renamed(prefix) for prefix in prefixes]
    maps = [heatmaps(size).renamed(prefix) for prefix, size in zip(prefixes, grids, strict=True)]
    distances = [FEATURE_DISTANCE.renamed(prefix) for prefix in prefixes]
    resized, matrices = _resized([tensor.name for tensor in maps], grids, grid)
    body = [
        *(_stacked(answers, "member_probabilities"), _RANKS, _averaged(ensemble.method), _CALIBRATED),
        *(_stacked(distances, "distances"), _UNUSUAL),
        resized,
    ]
    outputs = ensemble_interface([], len(prefixes), grid).outputs
    given = [*answers, *maps, *distances]
    return graph("head", given, outputs, "\n".join(body), **_weights(ensemble), **matrices)


def _stacked(tensors: Sequence[Tensor], result: str) -> str:
    rows = [f"{tensor.name}_row = Unsqueeze ({tensor.name}, member_axis)" for tensor in tensors]
    joined = ", ".join(f"{tensor.name}_row" for tensor in tensors)
    return "\n".join([*rows, f"{result} = Concat <axis = 1> ({joined})"])


# The empirical distribution is linear between knots: each piece adds its rise, as far as it was climbed.
_RANKS = """
    exact = Cast <to = 11> (member_probabilities)
    place = Unsqueeze (exact, knot_axis)
    beyond = Sub (place, knots)
    share = Div (beyond, gaps)
    climbed = Clip (share, zero, one)
    steps = Mul (climbed, rises)
    risen = ReduceSum <keepdims = 0> (steps, knot_axis)
    ranks = Add (risen, first_levels)
    member_ranks = Cast <to = 1> (ranks)
"""


def _averaged(method: str) -> str:
    scores = "ranks" if method == "rank" else "exact"
    return f"""
        mean = ReduceMean <axes = [1], keepdims = 0> ({scores})
        average = Cast <to = 1> (mean)
    """


_CALIBRATED = """
    kept = Clip (mean, least, most)
    rest = Sub (one, kept)
    odds = Div (kept, rest)
    logit = Log (odds)
    scaled = Mul (logit, scale)
    logits = Add (scaled, bias)
    calibrated = Softmax <axis = 1> (logits)
    probabilities = Cast <to = 1> (calibrated)
"""


_UNUSUAL = """
    exact_distances = Cast <to = 11> (distances)
    kept_distances = Max (exact_distances, least_distance)
    log_distances = Log (kept_distances)
    off_centre = Sub (log_distances, distance_centre)
    deviations = Div (off_centre, distance_spread)
    unusual = ReduceMean <axes = [1], keepdims = 0> (deviations)
    out_of_distribution = Cast <to = 1> (unusual)
"""


def _weights(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """The constants: float64, but for the axes."""
    numbers = {
        "knots": ensemble.knots[..., :-1],
        "gaps": np.diff(ensemble.knots),
        "rises": np.diff(ensemble.levels),
        "first_levels": ensemble.levels[..., 0],
        "scale": ensemble.scale,
        "bias": ensemble.bias,
        "distance_centre": ensemble.distance_centre,
        "distance_spread": ensemble.distance_spread,
        "least_distance": LEAST_DISTANCE,
        "zero": 0.0,
        "one": 1.0,
        "least": MARGIN,
        "most": 1.0 - MARGIN,
    }
    arrays = {name: np.asarray(value, np.float64) for name, value in numbers.items()}
    return {**arrays, "member_axis": np.array([1]), "knot_axis": np.array([3])}


def _resized(names: Sequence[str], grids: Sequence[Grid], grid: Grid) -> tuple[str, dict[str, np.ndarray]]:
    """Text and matrices of the mean of the heat maps, each enlarged to the common grid."""
    lines, matrices, enlarged = [], {}, list(names)
    for number, (name, size) in enumerate(zip(names, grids, strict=True)):
        if size != grid:
            matrices[f"{name}_rows"] = resize_matrix(size[0], grid[0])
            matrices[f"{name}_columns"] = np.ascontiguousarray(resize_matrix(size[1], grid[1]).T)
            lines.append(f"{name}_wide = MatMul ({name}, {name}_columns)")
            lines.append(f"{name}_enlarged = MatMul ({name}_rows, {name}_wide)")
            enlarged[number] = f"{name}_enlarged"
    return "\n".join([*lines, f"heatmaps = Mean ({', '.join(enlarged)})"]), matrices
