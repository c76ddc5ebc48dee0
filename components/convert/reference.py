"""The trained members in TensorFlow: what the ONNX ensemble is held against."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from components.common.member import DEMOGRAPHICS, PIXELS, PROBABILITIES
from components.convert.inputs import Inputs
from components.convert.network import load_network
from components.convert.samples import Batch

PREDICT_ON_BATCH, TF_FUNCTION = "predict_on_batch", "tf.function"

Tensors = dict[str, tf.Tensor]


class Reference:
    """The members' networks, loaded once.

    Args:
        inputs: of the conversion.

    Raises:
        DataError: a network cannot be loaded, see `network.load_network`.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._members = inputs.members
        self._networks = [
            load_network(file, member.size) for file, member in zip(inputs.models, inputs.members, strict=True)
        ]
        signature = [
            {tensor.name: tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in network.inputs}
            for network in self._networks
        ]
        self._together = tf.function(self._call, input_signature=[signature], autograph=False)

    @property
    def weights_bytes(self) -> list[int]:
        """For each network, the bytes of all its weights as Keras holds them, float32."""
        return [_bytes(network.weights) for network in self._networks]

    @property
    def checkpoint_bytes(self) -> list[int]:
        """For each network, the bytes of what a training must keep: its weights, and Adam's two moments of each one.

        Worked out from the shapes; the moments of the batch normalizations' statistics, which Adam does not train, are
        not among them.
        """
        return [_bytes(network.weights) + 2 * _bytes(network.trainable_weights) for network in self._networks]

    def answers(self, batch: Batch) -> dict[str, np.ndarray]:
        """The members' `probabilities`, float32 [batch, M, 9], and `feature_distance`, float32 [batch, M]."""
        answers = self._together(self._resized(batch))
        return {name: np.stack([answer[name].numpy() for answer in answers], axis=1) for name in answers[0]}

    def contenders(self, batch: Batch) -> dict[str, Callable[[], object]]:
        """The two usual ways to serve, as calls that take a batch through all networks; both are traced already.

        The batch is resized beforehand, once.
        """
        inputs = self._resized(batch)
        arrays = [{name: tensor.numpy() for name, tensor in given.items()} for given in inputs]
        calls: dict[str, Callable[[], object]] = {
            PREDICT_ON_BATCH: lambda: [
                network.predict_on_batch(given)[PROBABILITIES]
                for network, given in zip(self._networks, arrays, strict=True)
            ],
            TF_FUNCTION: lambda: [answer[PROBABILITIES].numpy() for answer in self._together(inputs)],
        }
        for call in calls.values():
            call()
        return calls

    def _call(self, inputs: Sequence[Tensors]) -> list[Tensors]:
        return [network(given, training=False) for network, given in zip(self._networks, inputs, strict=True)]

    def _resized(self, batch: Batch) -> list[Tensors]:
        """What each network takes: the pictures resized as in training."""
        return [
            {
                PIXELS: tf.image.resize(batch.pixels[member.crop], (member.size,) * 2, "bilinear", antialias=True),
                DEMOGRAPHICS: tf.constant(batch.demographics),
            }
            for member in self._members
        ]


def _bytes(variables: Sequence[Any]) -> int:
    return sum(math.prod(variable.shape) * tf.as_dtype(variable.dtype).size for variable in variables)
