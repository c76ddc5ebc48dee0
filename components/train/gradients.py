"""Gradients of a batch in parts: one after the other to save memory, or side by side to use all cores."""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

Loss = Callable[[Any], tuple[tf.Tensor, tf.Tensor]]
"""From a part of a batch, its tensors in a tuple, to its share of the loss, and to two figures that add up."""


def accumulated_gradients(
    loss: Loss, variables: Sequence[Any], batch: Sequence[tf.Tensor], parts: int
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Gradients of the sum of the losses of a batch's parts, computed one part after the other.

    Args:
        loss: of a part.
        variables: to differentiate by.
        batch: tensors with the same first dimension, a multiple of `parts`.
        parts: 1 takes the batch whole.

    Returns:
        A gradient for each variable, and the figures' sums, float32 [2]. Batch normalization sees each part by itself;
        all else is as if the batch had been taken whole.
    """
    if parts == 1:
        return _gradients(loss, variables, tuple(batch))
    stacked = [tf.reshape(tensor, (parts, -1, *tensor.shape[1:])) for tensor in batch]

    def add(part: tf.Tensor, sums: Sequence[tf.Tensor], figures: tf.Tensor) -> tuple[Any, ...]:
        gradients, more = _gradients(loss, variables, tuple(tensor[part] for tensor in stacked))
        return part + 1, [one + other for one, other in zip(sums, gradients, strict=True)], figures + more

    zeros = [tf.zeros(variable.shape) for variable in variables]
    _, sums, figures = tf.while_loop(
        lambda part, *_: part < parts, add, (tf.constant(0), zeros, tf.zeros([2])), parallel_iterations=1
    )
    return sums, figures


def branched_gradients(
    gradients: Callable[[Sequence[tf.Tensor]], tuple[list[tf.Tensor], tf.Tensor]],
    batch: Sequence[tf.Tensor],
    branches: int,
) -> tuple[list[tf.Tensor], tf.Tensor]:
    """Gradients of the sum of the losses of a batch's parts, each part a branch of the graph of its own.

    Nothing of one branch waits for another, so TensorFlow computes them at the same time, on several threads. On
    processors that uses the cores better than dividing each operation among them.

    Args:
        gradients: of a part: one for each variable, and figures that add up.
        batch: tensors with the same first dimension, a multiple of `branches`.
        branches: 1 takes the batch whole.

    Returns:
        The gradients' sums and the figures' sums. Batch normalization sees each part by itself, which small batches
        bear well (ghost batch normalization, Hoffer et al. 2017, arXiv 1705.08741).
    """
    divided = zip(*(tf.split(tensor, branches) for tensor in batch), strict=True)
    sums, figures = gradients(next(divided))
    for part in divided:
        more, more_figures = gradients(part)
        sums = [one + other for one, other in zip(sums, more, strict=True)]
        figures += more_figures
    return sums, figures


def _gradients(loss: Loss, variables: Sequence[Any], part: tuple[tf.Tensor, ...]) -> tuple[list[tf.Tensor], tf.Tensor]:
    with tf.GradientTape() as tape:
        value, figures = loss(part)
    return tape.gradient(value, [variable.value for variable in variables]), figures
