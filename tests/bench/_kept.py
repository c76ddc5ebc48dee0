"""What a training step keeps in memory for its gradients: read from the traced graph, nothing is computed.

A tensor of the forward pass is kept where an operation of the gradient takes it. The graph knows every shape and type,
so half precision can be counted on a machine that has no units for it.
"""

import math
from dataclasses import dataclass
from typing import Any

# Constants, inputs, and variables that are read in place.
_NOT_HELD = ("Const", "Placeholder", "ReadVariableOp")


@dataclass(frozen=True)
class Kept:
    """Of one step, with its whole batch at once."""

    parameters: int
    """All weights of the network, with the averages of batch normalization."""
    trained: int
    """Those that have a gradient and two moments of the optimizer."""
    activations: int
    """Bytes of the tensors that depend on the batch and wait for the gradient."""
    largest: int
    """Bytes of the largest one of these: gradient and workspace take a few more of that size at a time."""
    copies: int
    """Bytes of tensors that wait for the gradient and do not depend on the batch: weights in half precision."""

    @property
    def states(self) -> int:
        """Bytes of the weights, their gradients and the optimizer's two moments, in float32."""
        return 4 * self.parameters + 4 * 3 * self.trained


def kept_by_step(backbone: str, size: int, batch: int, precision: str) -> Kept:
    """Trace the step that the train stage takes.

    Args:
        backbone: see `network.build_network`.
        size: side length of the pictures, in pixels.
        batch: images of the step.
        precision: Keras' dtype policy.
    """
    learner = learner_of(backbone, size, batch, precision)
    graph = _graph(learner, size, batch)
    network = learner.network
    waiting = _waiting(graph)
    held = {False: [0], True: [0]}
    for tensor in waiting:
        held[bool(tensor.shape.rank) and tensor.shape[0] == batch].append(_bytes(tensor))
    return Kept(
        parameters=sum(math.prod(one.shape) for one in network.variables),
        trained=sum(math.prod(one.shape) for one in network.trainable_variables),
        activations=sum(held[True]),
        largest=max(held[True]),
        copies=sum(held[False]),
    )


def learner_of(backbone: str, size: int, batch: int, precision: str) -> Any:
    """The stage's learner, on the processor, in any precision."""
    import tensorflow as tf

    from components.train.devices import Devices
    from components.train.hyperparameters import Hyperparameters
    from components.train.learner import Learner

    devices = Devices(0, precision, tf.distribute.get_strategy())
    learner = Learner(backbone=backbone, size=size, weights="", batch_size=batch, seed=0, devices=devices)
    learner.reset(Hyperparameters.published(backbone, 1e-5))
    return learner


def inputs_of(size: int, batch: int) -> Any:
    """A batch as the step takes it, of zeros."""
    import tensorflow as tf

    from components.common import demographics
    from components.common.member import DEMOGRAPHICS, PIXELS
    from components.common.taxonomy import CLASSES

    inputs = {PIXELS: tf.zeros((batch, size, size, 3)), DEMOGRAPHICS: tf.zeros((batch, demographics.LENGTH))}
    return inputs, tf.one_hot([0] * batch, len(CLASSES)), tf.ones(batch)


def _graph(learner: Any, size: int, batch: int) -> Any:
    import tensorflow as tf

    learner.network.optimizer = None
    step = tf.function(learner._train_step)
    return step.get_concrete_function(*inputs_of(size, batch)).graph


def _waiting(graph: Any) -> list[Any]:
    """Tensors of the forward pass that the gradient takes; what only renames or reshapes another is that other."""
    operations = graph.get_operations()  # in the order in which they were traced: the forward pass, then the gradient
    begin = next(place for place, one in enumerate(operations) if "gradient_tape" in one.name)
    forward = {one.name for one in operations[:begin]}
    waiting = {}
    for operation in operations[begin:]:
        for tensor in operation.inputs:
            source = _source(tensor)
            if source.op.name in forward and source.op.type not in _NOT_HELD and source.dtype.is_floating:
                waiting[source.name] = source
    return list(waiting.values())


def _source(tensor: Any) -> Any:
    while tensor.op.type in ("Identity", "IdentityN", "Reshape", "StopGradient"):
        index = tensor.value_index if tensor.op.type == "IdentityN" else 0
        tensor = tensor.op.inputs[index]
    return tensor


def _bytes(tensor: Any) -> int:
    return math.prod(tensor.shape.as_list()) * tensor.dtype.size
