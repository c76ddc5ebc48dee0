"""The trained members in TensorFlow: what the ONNX ensemble is held against."""

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf

from components.common.member import DEMOGRAPHICS, PIXELS
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

    def probabilities(self, batch: Batch) -> np.ndarray:
        """The members' probabilities, float32 [batch, M, 9]."""
        # Eagerly: for some dozens of images, tracing would take longer.
        answers = [
            network(given, training=False) for network, given in zip(self._networks, self._given(batch), strict=True)
        ]
        return np.stack([answer.numpy() for answer in answers], axis=1)

    def contenders(self, batch: Batch) -> dict[str, Callable[[], object]]:
        """The two usual ways to serve, as calls that take a batch through all networks; both traced already.

        The pictures are resized beforehand, once.
        """
        given = self._given(batch)
        arrays = [{name: tensor.numpy() for name, tensor in tensors.items()} for tensors in given]

        @tf.function(autograph=False)  # type: ignore[untyped-decorator]
        def together(inputs: Sequence[Tensors]) -> list[tf.Tensor]:
            return [network(tensors, training=False) for network, tensors in zip(self._networks, inputs, strict=True)]

        calls: dict[str, Callable[[], object]] = {
            PREDICT_ON_BATCH: lambda: [
                network.predict_on_batch(inputs) for network, inputs in zip(self._networks, arrays, strict=True)
            ],
            TF_FUNCTION: lambda: [answer.numpy() for answer in together(given)],
        }
        for call in calls.values():
            call()
        return calls

    def _given(self, batch: Batch) -> list[Tensors]:
        """What each network takes, resized as in training."""
        return [
            {
                PIXELS: tf.image.resize(batch.pixels[member.crop], (member.size,) * 2, "bilinear", antialias=True),
                DEMOGRAPHICS: tf.constant(batch.demographics),
            }
            for member in self._members
        ]
