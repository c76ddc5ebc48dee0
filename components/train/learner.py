"""One network, traced once, trained many times over: for each trial of the search and for the final training.

Tracing a training step of an EfficientNet takes longer than a short trial's steps. So what a trial may choose reaches
the graph as variables (learning rate, dropout) or as data (targets, weights, pictures), and the network starts each
training from the same first weights. The loop is written out, since Keras' `fit` prepares its graph anew for every
dataset that it is given: eight seconds for an EfficientNetB0 on two cores.
"""

import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from components.common.errors import TrainingError
from components.common.scores import macro_auc
from components.train.dataset import Pictures, serving_batches, training_batches
from components.train.hyperparameters import Hyperparameters
from components.train.network import build_network
from components.train.schedule import cosine_with_warmup

log = logging.getLogger(__name__)

_SECONDS_BETWEEN_LINES = 20.0


@dataclass(frozen=True)
class Epoch:
    """Figures at the end of an epoch."""

    epoch: int
    loss: float
    """On the training split, augmented, with label smoothing and class weights."""
    accuracy: float
    """On the training split, augmented."""
    validation_loss: float
    validation_accuracy: float
    validation_macro_auc: float
    learning_rate: float
    """At the epoch's last step."""
    seconds: float


class VariableDropout(keras.layers.Layer):
    """Dropout whose rate is a variable, so that one graph serves every rate."""

    def __init__(self, rate: keras.Variable, seed: int) -> None:
        super().__init__()
        self._rate = rate
        self._generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop values of [batch, features] at random in training, and scale up the rest."""
        if not training:
            return inputs
        kept = keras.random.uniform(keras.ops.shape(inputs), seed=self._generator) >= self._rate
        return inputs * keras.ops.cast(kept, inputs.dtype) / keras.ops.cast(1.0 - self._rate, inputs.dtype)


class Learner:
    """Trains one member's network.

    Args:
        name: the member's, for the log.
        backbone: see `network.build_network`.
        weights: see `network.build_network`.
        train: the training split.
        validation: the validation split.
        batch_size: images a step; fewer where there are fewer images.
        seed: of all that is random in training, the first weights excepted: they follow Keras' own seed.
    """

    def __init__(
        self,
        *,
        name: str,
        backbone: str,
        weights: str,
        train: Pictures,
        validation: Pictures,
        batch_size: int,
        seed: int,
    ) -> None:
        self._name, self._backbone, self._seed = name, backbone, seed
        self._train = train
        self._batch_size = min(batch_size, train.images())
        self.steps_per_epoch = train.images() // self._batch_size
        self._validation_examples, self._validation_labels = validation.dataset(), validation.labels()
        self._dropout = keras.Variable(0.0, trainable=False, name="dropout_rate")
        self.network = build_network(
            backbone, train.size, weights=weights, dropout=lambda: VariableDropout(self._dropout, seed)
        )
        self._optimizer = keras.optimizers.Adam()
        self._optimizer.build(self.network.trainable_variables)
        # Weights, and the states of all that draws random numbers.
        self._first_values = [(variable, variable.numpy()) for variable in self.network.variables]
        self._step = tf.function(self._train_step, reduce_retracing=True)
        self._answer = tf.function(lambda inputs: self.network(inputs, training=False), reduce_retracing=True)

    def fit(self, hyperparameters: Hyperparameters, epochs: int, what: str) -> list[Epoch]:
        """Train from the first weights on.

        Args:
            hyperparameters: the settings of this training.
            epochs: passes over the training split, warm-up included.
            what: named in the log, such as "trial 2 of 5".

        Returns:
            The figures of each epoch.

        Raises:
            TrainingError: the loss is no longer a number.
        """
        log.info("%s, %s: %d epochs of %d steps", self._name, what, epochs, self.steps_per_epoch)
        self._reset(hyperparameters)
        batches = iter(training_batches(self._train, hyperparameters, batch_size=self._batch_size, seed=self._seed))
        progress = _Progress(f"{self._name}, {what}", epochs, self.steps_per_epoch)
        return [self._epoch(batches, hyperparameters.learning_rate, epoch, progress) for epoch in range(epochs)]

    def predict(self, examples: tf.data.Dataset) -> np.ndarray:
        """Probabilities, float32 [images, 9], of unbatched examples."""
        batches = serving_batches(examples, batch_size=self._batch_size)
        return np.concatenate([self._answer(inputs).numpy() for inputs in batches])

    def validate(self) -> tuple[float, float, float]:
        """Loss, accuracy and macro AUC on the validation split (NaN where it holds one class alone).

        Raises:
            TrainingError: the probabilities are no longer numbers.
        """
        probabilities, expected = self.predict(self._validation_examples), self._validation_labels
        if not np.isfinite(probabilities).all():
            raise TrainingError(f"{self._name}: its probabilities are no longer numbers; lower the learning rate")
        likelihood = probabilities[np.arange(len(expected)), expected]
        loss = -np.log(np.clip(likelihood, 1e-7, 1.0)).mean()
        return float(loss), float((probabilities.argmax(1) == expected).mean()), macro_auc(expected, probabilities)

    def export(self) -> keras.Model:
        """The trained network of stock Keras layers, without dropout."""
        network = build_network(self._backbone, self._train.size)
        kept = (layer for layer in self.network.layers if not isinstance(layer, VariableDropout))
        network.set_weights([weight for layer in kept for weight in layer.get_weights()])
        return network

    def _reset(self, hyperparameters: Hyperparameters) -> None:
        for variable, first in self._first_values:
            variable.assign(first)
        for variable in self._optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))
        self._dropout.assign(hyperparameters.dropout)

    def _epoch(self, batches: Iterator[Any], peak: float, epoch: int, progress: "_Progress") -> Epoch:
        began = time.monotonic()
        losses, accuracies = [], []
        rate = 0.0
        for step in range(epoch * self.steps_per_epoch, (epoch + 1) * self.steps_per_epoch):
            rate = cosine_with_warmup(step, peak=peak, steps_per_epoch=self.steps_per_epoch, epochs=progress.epochs)
            self._optimizer.learning_rate = rate
            loss, accuracy = (float(figure) for figure in self._step(*next(batches)))
            progress.step(step, loss)
            losses.append(loss)
            accuracies.append(accuracy)
        row = Epoch(
            epoch + 1,
            float(np.mean(losses)),
            float(np.mean(accuracies)),
            *self.validate(),
            learning_rate=rate,
            seconds=time.monotonic() - began,
        )
        progress.epoch(row)
        return row

    def _train_step(self, inputs: Any, targets: tf.Tensor, weights: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """One step of Adam on a batch; the graph that `_step` runs."""
        with tf.GradientTape() as tape:
            probabilities = self.network(inputs, training=True)
            loss = tf.reduce_mean(weights * keras.losses.categorical_crossentropy(targets, probabilities))
        variables = self.network.trainable_variables
        self._optimizer.apply(tape.gradient(loss, variables), variables)
        return loss, tf.reduce_mean(keras.metrics.categorical_accuracy(targets, probabilities))


class _Progress:
    """Writes the log of one training, and stops it on a loss that is not a number."""

    def __init__(self, what: str, epochs: int, steps_per_epoch: int) -> None:
        self.epochs = epochs
        self._what, self._steps = what, epochs * steps_per_epoch
        self._shown = time.monotonic()

    def step(self, step: int, loss: float) -> None:
        if not math.isfinite(loss):
            raise TrainingError(f"{self._what}: the loss became {loss} at step {step + 1}; lower the learning rate")
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            log.info("%s: step %d of %d, loss %.3f", self._what, step + 1, self._steps, loss)

    def epoch(self, row: Epoch) -> None:
        self._shown = time.monotonic()
        log.info(
            "%s: epoch %d of %d in %.1f s: loss %.3f, accuracy %.3f; validation loss %.3f, accuracy %.3f, AUC %.3f",
            self._what,
            row.epoch,
            self.epochs,
            row.seconds,
            row.loss,
            row.accuracy,
            row.validation_loss,
            row.validation_accuracy,
            row.validation_macro_auc,
        )
