"""One network, traced once, trained many times over: for each trial of the search and for the final training.

Tracing a training step of an EfficientNet takes longer than a short trial's steps. So what a trial may choose reaches
the graph as variables (learning rate, dropout, focal loss, the demographics' factor) or as data (targets, weights,
pictures), and the network starts each training from the same first weights. The step is written out, since Keras' `fit`
prepares its graph anew for every dataset that it is given: eight seconds for an EfficientNetB0 on two cores.
"""

import logging
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.train.dataset import serving_batches
from components.train.devices import Devices
from components.train.gradients import accumulated_gradients, branched_gradients
from components.train.hyperparameters import Hyperparameters
from components.train.imbalance import focal_factor, focal_gamma
from components.train.layers import Dropout, Factor
from components.train.network import build_network, stock_copy

log = logging.getLogger(__name__)

Batch = tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]
"""Inputs, targets float32 [batch, 9], weights float32 [batch]."""


class Learner:
    """Trains one member's network.

    Args:
        backbone: see `network.build_network`.
        size: side length of the pictures, in pixels.
        weights: see `network.build_network`.
        batch_size: images of one optimizer step, over all devices and branches, and a multiple of their number.
        seed: of dropout; the first weights follow Keras' own seed.
        devices: what to compute on.
        xla: compile the step with XLA: slower to start, often faster on a GPU.
        branches: parts of the batch that each device computes side by side, see `gradients.branched_gradients`.
    """

    def __init__(
        self,
        *,
        backbone: str,
        size: int,
        weights: str,
        batch_size: int,
        seed: int,
        devices: Devices,
        xla: bool = False,
        branches: int = 1,
    ) -> None:
        self._backbone, self._size, self._xla, self._devices, self._branches = backbone, size, xla, devices, branches
        self.batch_size = batch_size
        self.parts = 1
        """In how many parts, one after the other, a step takes its batch."""
        with devices.building():
            self._dropout, self._demographics, self._gamma = (_setting(name) for name in ("dropout", "factor", "gamma"))
            self.network = build_network(
                backbone,
                size,
                weights=weights,
                dropout=lambda: Dropout(self._dropout, seed),
                factor=lambda: Factor(self._demographics),
            )
            self._optimizer = _optimizer(devices.precision)
            self._optimizer.build(self.network.trainable_variables)
        # Weights, and the states of all that draws random numbers.
        self._variables = [*self.network.variables, *self._optimizer.variables]
        self._first_values = self.state()
        self._answer = tf.function(lambda inputs: self.network(inputs, training=False), reduce_retracing=True)
        self._trace_step()

    def reset(self, hyperparameters: Hyperparameters) -> None:
        """Go back to the first weights, with the settings of a new training."""
        self.restore(self._first_values)
        self._dropout.assign(hyperparameters.dropout)
        self._demographics.assign(hyperparameters.demographics_weight)
        focal = hyperparameters.imbalance == "focal"
        self._gamma.assign(focal_gamma(hyperparameters.imbalance_strength) if focal else 0.0)

    def state(self) -> list[np.ndarray]:
        """The values of all variables: weights, averages, the optimizer's moments, the generators' states."""
        return [variable.numpy() for variable in self._variables]

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Set the values of all variables.

        Raises:
            ValueError: they are not those of such a network.
        """
        expected, found = ([tuple(value.shape) for value in values] for values in (self._variables, state))
        if expected != found:
            raise ValueError(f"the state holds {len(found)} arrays, not these {len(expected)} variables")
        for variable, value in zip(self._variables, state, strict=True):
            variable.assign(value)

    def distributed(self, batches: tf.data.Dataset) -> Any:
        """The same batches, each divided among the devices."""
        return self._devices.strategy.experimental_distribute_dataset(batches) if self._devices.gpus > 1 else batches

    def train(self, batch: Batch, rate: float) -> tf.Tensor:
        """One optimizer step.

        Args:
            batch: of `distributed`.
            rate: the learning rate.

        Returns:
            float32 [2]: sums over the batch's images of the loss and of right answers. They are not waited for: a GPU
            may still be computing.

        Raises:
            tf.errors.ResourceExhaustedError: the memory does not hold the step.
        """
        self._optimizer.learning_rate = rate
        return self._step(batch)

    def divide(self) -> bool:
        """Take the batch in more parts, which need less memory; the batch of an optimizer step stays as it is.

        Returns:
            Whether that was possible.
        """
        largest = self.batch_size // (self._replicas * self._branches)
        more = [parts for parts in range(2 * self.parts, largest + 1) if largest % parts == 0]
        if not more:
            return False
        self.parts = more[0]
        self._trace_step()
        return True

    @property
    def device_batch_size(self) -> int:
        """Images that one device takes at once; its memory holds them."""
        return max(1, self.batch_size // (self._replicas * self.parts))

    def predict(self, examples: tf.data.Dataset, interrupt: Callable[[], None] = lambda: None) -> np.ndarray:
        """Probabilities, float32 [images, 9], of unbatched examples, as the network stands.

        Args:
            examples: see `dataset.Pictures.dataset`.
            interrupt: called before each batch; may raise.
        """

        def answer(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
            interrupt()
            return self._answer(inputs)

        return answer_all(answer, examples, self.device_batch_size)

    def export(self, *, flips: bool = False) -> keras.Model:
        """The network as it is served: of stock Keras layers, in float32, without dropout.

        Args:
            flips: see `network.build_network`.
        """
        factor = float(self._demographics.numpy())
        return stock_copy(self.network, self._backbone, self._size, factor=factor, flips=flips)

    @property
    def _replicas(self) -> int:
        return int(self._devices.strategy.num_replicas_in_sync)

    def _trace_step(self) -> None:
        self._step = tf.function(self._distributed_step, reduce_retracing=True)
        self._replica_step = tf.function(self._train_step, jit_compile=True) if self._xla else self._train_step

    def _distributed_step(self, batch: Batch) -> tf.Tensor:
        """The graph that `train` runs."""
        strategy = self._devices.strategy
        return strategy.reduce(tf.distribute.ReduceOp.SUM, strategy.run(self._replica_step, args=batch), axis=None)

    def _train_step(self, inputs: dict[str, tf.Tensor], targets: tf.Tensor, weights: tf.Tensor) -> tf.Tensor:
        """The part of a step that one device takes."""
        variables = self.network.trainable_variables

        def loss(part: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, tf.Tensor]:
            pixels_and_patient, expected, importance = tf.nest.pack_sequence_as((inputs, targets, weights), part)
            probabilities = self.network(pixels_and_patient, training=True)
            importance *= focal_factor(expected, probabilities, self._gamma)
            losses = importance * keras.losses.categorical_crossentropy(expected, probabilities)
            right = keras.metrics.categorical_accuracy(expected, probabilities)
            total = tf.reduce_sum(losses)
            # Gradients add up over parts and devices to those of the whole batch's mean loss.
            return self._optimizer.scale_loss(total / self.batch_size), tf.stack([total, tf.reduce_sum(right)])

        gradients, figures = branched_gradients(
            lambda batch: accumulated_gradients(loss, variables, batch, self.parts),
            tf.nest.flatten((inputs, targets, weights)),
            self._branches,
        )
        if isinstance(self._optimizer, keras.optimizers.LossScaleOptimizer):
            gradients[0] += _overflow(gradients)
        self._optimizer.apply(gradients, variables)
        return figures


def answer_all(answer: Callable[[Any], tf.Tensor], examples: tf.data.Dataset, batch_size: int) -> np.ndarray:
    """What a network answers, float32 [images, ...], to unbatched examples."""
    batches = serving_batches(examples, batch_size=batch_size)
    return np.concatenate([answer(inputs).numpy() for inputs in batches])


def _overflow(gradients: Sequence[tf.Tensor]) -> tf.Tensor:
    """NaN where a gradient of any device is no number, else 0: added to each device's, all leave out the same steps.

    Keras looks at the gradients of each device before it adds them up.
    """
    bad = tf.add_n([tf.math.count_nonzero(~tf.math.is_finite(gradient), dtype=tf.float32) for gradient in gradients])
    context = tf.distribute.get_replica_context()
    return tf.where(context.all_reduce(tf.distribute.ReduceOp.SUM, bad) > 0, float("nan"), 0.0)


def _setting(name: str) -> keras.Variable:
    return keras.Variable(0.0, trainable=False, name=name, dtype="float32")


def _optimizer(precision: str) -> keras.optimizers.Optimizer:
    adam = keras.optimizers.Adam()
    # float16 cannot hold small gradients: they are scaled up on their way.
    return keras.optimizers.LossScaleOptimizer(adam) if precision == "mixed_float16" else adam
