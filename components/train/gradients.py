"""Gradients of a batch that the memory does not hold at once."""

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


def _gradients(loss: Loss, variables: Sequence[Any], part: tuple[tf.Tensor, ...]) -> tuple[list[tf.Tensor], tf.Tensor]:
    with tf.GradientTape() as tape:
        value, figures = loss(part)
    return tape.gradient(value, [variable.value for variable in variables]), figures
