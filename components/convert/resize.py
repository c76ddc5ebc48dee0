"""Resizing as matrix products, which ONNX can hold.

`tf.image.resize(..., antialias=True)` does not convert. But bilinear interpolation works on rows and columns apart, so
for fixed sizes it is one matrix for the rows and one for the columns.
"""

import numpy as np
import onnx

from components.convert.graphs import graph
from components.convert.interface import BATCH, Tensor, pixels

RESIZED = "resized"
"""The graph's output: float32 [batch, 3, size, size]."""


def resize_matrix(source: int, target: int) -> np.ndarray:
    """Weights of antialiased bilinear interpolation along one axis, as `tf.image.resize` has them.

    A triangle over the pixels' centres, as wide as two target pixels where it shrinks and two source pixels where it
    enlarges; cut off at the edges. From tensorflow/core/kernels/image/scale_and_translate_op.cc.

    Args:
        source: pixels along the axis before.
        target: pixels along the axis after.

    Returns:
        float32 [target, source], rows that sum to 1.
    """
    one, half = np.float32(1.0), np.float32(0.5)
    # All in float32 and in TensorFlow's order: its rounding of the scale moves the far edge's centres visibly.
    scale = one / (np.float32(target) / np.float32(source))
    centres = (np.arange(target, dtype=np.float32) + half) * scale
    distances = np.abs(np.arange(source, dtype=np.float32) + half - centres[:, None]) / max(scale, one)
    weights = np.maximum(np.float32(0.0), one - distances)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def resizing_graph(crop: int, size: int) -> onnx.ModelProto:
    """A graph from `pixels_<crop>` to `RESIZED`: planes of floats in 0..255, not rounded."""
    resized = Tensor(RESIZED, "float32", (BATCH, 3, size, size))
    given = pixels(crop)
    if crop == size:
        body = f"""
            planes = Transpose <perm = [0, 3, 1, 2]> ({given.name})
            {RESIZED} = Cast <to = 1> (planes)
        """
        return graph("resizing", [given], [resized], body)
    body = f"""
        planes = Transpose <perm = [0, 3, 1, 2]> ({given.name})
        exact = Cast <to = 1> (planes)
        narrowed = MatMul (exact, columns)
        {RESIZED} = MatMul (rows, narrowed)
    """
    rows = resize_matrix(crop, size)
    return graph("resizing", [given], [resized], body, rows=rows, columns=np.ascontiguousarray(rows.T))
