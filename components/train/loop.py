"""One training from the first weights on: epochs, their figures, and its state, kept at the end of each epoch."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from components.common.errors import TrainingError
from components.common.scores import macro_auc
from components.train.checkpoints import Checkpoints, State
from components.train.dataset import Pictures, TrainingBatches
from components.train.history import DivergedError, Epoch
from components.train.hyperparameters import Hyperparameters
from components.train.learner import Learner
from components.train.schedule import cosine_with_warmup
from components.train.termination import TerminatedError, Termination
from components.train.watch import Watch

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What is trained."""

    what: str
    """Names its states and its lines in the log, such as "trial-003"."""
    hyperparameters: Hyperparameters
    epochs: int
    """Passes over the training split, warm-up included."""
    stop: Callable[[Sequence[Epoch]], bool] = lambda history: False
    """Whether to end after an epoch, given all so far."""

    def fixed(self) -> dict[str, Any]:
        """What a state must have been made with."""
        return {"hyperparameters": self.hyperparameters.settings(), "epochs": self.epochs}


@dataclass
class _Progress:
    """Where a training is."""

    step: int = 0
    sums: np.ndarray = field(default_factory=lambda: np.zeros(2, np.float64))
    """Of the loss and of right answers over the images of the present epoch."""
    seconds: float = 0.0
    """Of the present epoch, spent before an interruption."""
    history: list[Epoch] = field(default_factory=list)

    def state(self, plan: Plan, parts: int, arrays: Sequence[np.ndarray]) -> State:
        values = {
            "plan": plan.fixed(),
            "parts": parts,
            "sums": self.sums.tolist(),
            "seconds": self.seconds,
            "history": [asdict(epoch) for epoch in self.history],
        }
        return State(self.step, values, arrays)

    @classmethod
    def of(cls, state: State) -> "_Progress":
        values = state.values
        history = [Epoch(**epoch) for epoch in values["history"]]
        return cls(state.serial, np.array(values["sums"]), values["seconds"], history)


class Trainer:
    """Carries out trainings with one learner; killed, it goes on from the state of the last whole epoch.

    Args:
        name: the member's, for the log.
        learner: trains.
        train: the training split.
        validation: the validation split.
        seed: of the order of the images and of augmentation.
        checkpoints: keep the states.
        termination: asked between steps.
    """

    def __init__(
        self,
        *,
        name: str,
        learner: Learner,
        train: Pictures,
        validation: Pictures,
        seed: int,
        checkpoints: Checkpoints,
        termination: Termination,
    ) -> None:
        self._name, self._seed = name, seed
        self.learner, self._checkpoints, self._termination = learner, checkpoints, termination
        self._train, self._validation = train, validation
        self._validation_labels = validation.labels()
        self.seconds_starting = 0.0
        """What the first step of each training took: graphs are traced there."""
        self.resumed_epochs = 0
        """Of the training that came last: those that another process had trained before."""

    def run(self, plan: Plan) -> list[Epoch]:
        """Train, or go on training, or give what a finished training gave; the learner is then as it was at the end.

        Raises:
            DivergedError: the loss is no longer a number.
            TerminatedError: the process was told to stop; the state is saved.
            TrainingError: the memory does not hold a step with a single image.
        """
        while True:
            try:
                with self._termination:
                    return self._go_on(plan)
            except tf.errors.ResourceExhaustedError as error:
                if not self.learner.divide():
                    raise TrainingError(
                        f"{self._name}: the memory does not hold a step with one image a device; give the task more "
                        f"memory, or the member a smaller size ({str(error).splitlines()[0]})"
                    ) from error
                log.warning(
                    "%s, %s: out of memory; a step takes its %d images in %d parts from now on",
                    self._name,
                    plan.what,
                    self.learner.batch_size,
                    self.learner.parts,
                )

    def validate(self, interrupt: Callable[[], None] = lambda: None) -> tuple[float, float, float]:
        """Loss, accuracy and macro AUC on the validation split (NaN where it holds one class alone).

        Args:
            interrupt: called before each batch; may raise.

        Raises:
            DivergedError: the probabilities are no longer numbers.
        """
        expected = self._validation_labels
        probabilities = self.learner.predict(self._validation.dataset(), interrupt)
        if not np.isfinite(probabilities).all():
            raise DivergedError(f"{self._name}: its probabilities are no longer numbers; lower the learning rate")
        likelihood = probabilities[np.arange(len(expected)), expected]
        loss = -np.log(np.clip(likelihood, 1e-7, 1.0)).mean()
        return float(loss), float((probabilities.argmax(1) == expected).mean()), macro_auc(expected, probabilities)

    def _go_on(self, plan: Plan) -> list[Epoch]:
        batches = TrainingBatches(
            self._train, plan.hyperparameters, batch_size=self.learner.batch_size, seed=self._seed
        )
        progress = self._begin(plan, batches.steps)
        self.resumed_epochs = len(progress.history)
        starting = True
        while len(progress.history) < plan.epochs and not (progress.history and plan.stop(progress.history)):
            self._epoch(plan, batches, progress, starting=starting)
            self._save(plan, progress)
            starting = False
        return progress.history

    def _begin(self, plan: Plan, steps: int) -> _Progress:
        self.learner.reset(plan.hyperparameters)
        state = self._checkpoints.load(plan.what)
        if state and not self._take(plan, state):
            state = None
        if state is None:
            # What is of no use must not stand in the way of what will be.
            self._checkpoints.remove(plan.what)
            log.info("%s, %s: %d epochs of %d steps", self._name, plan.what, plan.epochs, steps)
            return _Progress()
        log.info("%s, %s: goes on after step %d of %d", self._name, plan.what, state.serial, plan.epochs * steps)
        return _Progress.of(state)

    def _take(self, plan: Plan, state: State) -> bool:
        """Put a state into the learner, if it is one of this training."""
        try:
            if state.values["plan"] != plan.fixed():
                raise ValueError("it is that of a training with other settings")
            self.learner.restore(state.arrays)
        except ValueError as error:
            # Or float16, which keeps its loss scale too: the node before this one had other GPUs.
            log.warning("%s, %s: its state is of no use here, it begins anew: %s", self._name, plan.what, error)
            self.learner.reset(plan.hyperparameters)
            return False
        while self.learner.parts < state.values["parts"] and self.learner.divide():
            pass
        return True

    def _save(self, plan: Plan, progress: _Progress) -> None:
        self._checkpoints.save(plan.what, progress.state(plan, self.learner.parts, self.learner.state()))

    def _epoch(self, plan: Plan, batches: TrainingBatches, progress: _Progress, *, starting: bool) -> None:
        began = time.monotonic() - progress.seconds
        watch = self._steps(plan, batches, progress, starting)
        progress.seconds = time.monotonic() - began
        if self._termination.requested:
            self._stop(plan, progress)
        loss, accuracy = progress.sums / (batches.steps * self.learner.batch_size)
        row = Epoch(
            len(progress.history) + 1,
            float(loss),
            float(accuracy),
            *self._validated(plan, progress),
            learning_rate=_rate(plan, batches.steps, progress.step - 1),
            seconds=time.monotonic() - began - watch.seconds_starting,
            seconds_stepping=watch.seconds_stepping,
            seconds_waiting=watch.seconds_waiting,
        )
        self._show(plan, row)
        progress.history.append(row)
        progress.sums, progress.seconds = np.zeros(2), 0.0
        if self._termination.requested:
            self._stop(plan, progress)

    def _validated(self, plan: Plan, progress: _Progress) -> tuple[float, float, float]:
        """As `validate`; told to stop meanwhile, it saves the epoch's steps, and validation is done again later."""

        def interrupt() -> None:
            if self._termination.requested:
                self._stop(plan, progress)

        return self.validate(interrupt)

    def _steps(self, plan: Plan, batches: TrainingBatches, progress: _Progress, starting: bool) -> Watch:
        """The rest of an epoch's steps, or those until the process is told to stop."""
        number = len(progress.history)
        watch = Watch(f"{self._name}, {plan.what}", plan.epochs * batches.steps, starting=starting)
        rest = batches.epoch(number, skip=progress.step - number * batches.steps)
        # In double precision and from where they were: an epoch that was interrupted adds up to the same bits.
        sums = tf.constant(progress.sums, tf.float64)
        for batch in watch.fetched(self.learner.distributed(rest)):
            sums += tf.cast(self.learner.train(batch, _rate(plan, batches.steps, progress.step)), tf.float64)
            progress.step += 1
            watch.step(progress.step, sums)
            if self._termination.requested:
                break
        progress.sums = watch.end(progress.step, sums)
        self.seconds_starting += watch.seconds_starting
        return watch

    def _show(self, plan: Plan, row: Epoch) -> None:
        log.info(
            "%s, %s: epoch %d of %d in %.1f s: loss %.3f, accuracy %.3f; validation loss %.3f, accuracy %.3f, AUC %.3f",
            self._name,
            plan.what,
            row.epoch,
            plan.epochs,
            row.seconds,
            row.loss,
            row.accuracy,
            row.validation_loss,
            row.validation_accuracy,
            row.validation_macro_auc,
        )

    def _stop(self, plan: Plan, progress: _Progress) -> None:
        self._save(plan, progress)
        raise TerminatedError(
            f"{self._name}, {plan.what}: told to stop after step {progress.step}, and saved; started again with the "
            "same settings and workspace, it goes on from there"
        )


def _rate(plan: Plan, steps_per_epoch: int, step: int) -> float:
    peak = plan.hyperparameters.learning_rate
    return cosine_with_warmup(step, peak=peak, steps_per_epoch=steps_per_epoch, epochs=plan.epochs)
