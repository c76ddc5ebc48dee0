"""The trained members in TensorFlow: what the ONNX ensemble is held against."""

from collections.abc import Callable, Sequence

import keras
import numpy as np
import tensorflow as tf

from components.common.member import DEMOGRAPHICS, PIXELS
from components.convert.samples import Batch

Tensors = dict[str, tf.Tensor]


def network_inputs(batch: Batch, crop: int, size: int) -> Tensors:
    """What a member's network takes, resized as in training.

    Args:
        batch: of images.
        crop: which of their pictures.
        size: side length that the network takes, in pixels.
    """
    resized = tf.image.resize(batch.pixels[crop], (size, size), method="bilinear", antialias=True)
    return {PIXELS: resized, DEMOGRAPHICS: tf.constant(batch.demographics)}


def member_probabilities(networks: Sequence[keras.Model], inputs: Sequence[Tensors]) -> np.ndarray:
    """The members' probabilities, float32 [batch, M, 9]."""
    # Eagerly: for some dozens of images, tracing would take longer.
    answers = [network(given, training=False) for network, given in zip(networks, inputs, strict=True)]
    return np.stack([answer.numpy() for answer in answers], axis=1)


def predict_on_batch(networks: Sequence[keras.Model], inputs: Sequence[Tensors]) -> Callable[[], object]:
    """A call that takes one batch through every member's `predict_on_batch`."""
    arrays = [{name: tensor.numpy() for name, tensor in given.items()} for given in inputs]
    return lambda: [network.predict_on_batch(given) for network, given in zip(networks, arrays, strict=True)]


def tf_function(networks: Sequence[keras.Model], inputs: Sequence[Tensors]) -> Callable[[], object]:
    """A call that takes one batch through all members in one `tf.function`."""

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def together(given: Sequence[Tensors]) -> list[tf.Tensor]:
        return [network(tensors, training=False) for network, tensors in zip(networks, given, strict=True)]

    return lambda: [answer.numpy() for answer in together(list(inputs))]
