"""The figures of a training, epoch by epoch."""

from dataclasses import dataclass

from components.common.errors import TrainingError


class DivergedError(TrainingError):
    """The loss or the probabilities are no longer numbers."""


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
    """All of it, validation included, but for start-up: the first step of a process, which traces graphs."""
    seconds_stepping: float
    """The steps alone, without start-up."""
    seconds_waiting: float
    """Of these, how long steps waited for their data."""
