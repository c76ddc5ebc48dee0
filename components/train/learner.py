"""One network, traced once, trained many times over: for each trial of the search and for the final training.

Tracing a training step of an EfficientNet takes longer than a short trial's steps. So what a trial may choose reaches
the graph as variables (learning rate, dropout) or as data (targets, weights, pictures), and the network starts each
training from the same first weights.
"""

import logging
import math
import time
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
        seed: of the first weights and all that is random in training.
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
        self._train, self._validation = train, validation
        self._batch_size = min(batch_size, train.images())
        self.steps_per_epoch = train.images() // self._batch_size
        self._examples, self._counts = train.dataset(), train.counts()
        self._validation_examples, self._validation_labels = validation.dataset(), validation.labels()
        self._dropout = keras.Variable(0.0, trainable=False, name="dropout_rate")
        self.network = build_network(
            backbone, train.size, weights=weights, dropout=lambda: VariableDropout(self._dropout, seed)
        )
        self.network.compile(keras.optimizers.Adam(), keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
        self._first_weights = self.network.get_weights()

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
        self._reset(hyperparameters)
        batches = training_batches(
            self._examples, self._counts, hyperparameters, batch_size=self._batch_size, seed=self._seed
        )
        watcher = _Watcher(self, hyperparameters.learning_rate, self.steps_per_epoch, epochs, f"{self._name}, {what}")
        self.network.fit(
            batches, steps_per_epoch=self.steps_per_epoch, epochs=epochs, verbose=0, shuffle=False, callbacks=[watcher]
        )
        return watcher.history

    def predict(self, examples: tf.data.Dataset) -> np.ndarray:
        """Probabilities, float32 [images, 9], of unbatched examples."""
        return np.asarray(self.network.predict(serving_batches(examples, batch_size=self._batch_size), verbose=0))

    def validate(self) -> tuple[float, float, float]:
        """Loss, accuracy and macro AUC on the validation split."""
        probabilities, expected = self.predict(self._validation_examples), self._validation_labels
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
        self.network.set_weights(self._first_weights)
        self._dropout.assign(hyperparameters.dropout)
        for variable in self.network.optimizer.variables:
            variable.assign(keras.ops.zeros_like(variable))


class _Watcher(keras.callbacks.Callback):
    """Sets the learning rate, keeps the history, writes the log, and stops on a loss that is not a number."""

    def __init__(self, learner: Learner, peak: float, steps: int, epochs: int, what: str) -> None:
        super().__init__()
        self.history: list[Epoch] = []
        self._learner, self._what = learner, what
        self._peak, self._steps, self._epochs = peak, steps, epochs
        self._taken = 0
        self._shown = self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._began = time.monotonic()

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        rate = cosine_with_warmup(self._taken, peak=self._peak, steps_per_epoch=self._steps, epochs=self._epochs)
        self.model.optimizer.learning_rate = rate
        self._taken += 1

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        loss = (logs or {})["loss"]
        if not math.isfinite(loss):
            raise TrainingError(f"{self._what}: the loss became {loss} at step {self._taken}; lower the learning rate")
        if time.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            log.info("%s: step %d of %d, loss %.3f", self._what, self._taken, self._steps * self._epochs, loss)

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        figures = logs or {}
        loss, accuracy, auc = self._learner.validate()
        rate = float(self.model.optimizer.learning_rate)
        seconds = time.monotonic() - self._began
        row = Epoch(epoch + 1, figures["loss"], figures["accuracy"], loss, accuracy, auc, rate, seconds)
        self.history.append(row)
        self._shown = time.monotonic()
        log.info("%s: epoch %d of %d in %.1f s: %s", self._what, row.epoch, self._epochs, seconds, _brief(row))


def _brief(row: Epoch) -> str:
    return (
        f"loss {row.loss:.3f}, accuracy {row.accuracy:.3f}; validation loss {row.validation_loss:.3f}, "
        f"accuracy {row.validation_accuracy:.3f}, macro AUC {row.validation_macro_auc:.3f}"
    )
