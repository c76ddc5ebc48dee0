"""Carrying out the trials of a search: one after the other, or several at once in processes of their own."""

import logging
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from components.train.checkpoints import Checkpoints, State
from components.train.history import DivergedError, Epoch
from components.train.hyperparameters import Hyperparameters
from components.train.loop import Plan, Trainer
from components.train.search import Trial, hopeless, propose

log = logging.getLogger(__name__)

_SEARCH = "search"


@dataclass(frozen=True)
class Assignment:
    """A trial that is to be carried out."""

    number: int
    """From 1; the first has the study's settings."""
    hyperparameters: Hyperparameters
    others: tuple[Trial, ...]
    """Those that have ended: the median rule compares with them."""

    @property
    def what(self) -> str:
        """Names the trial's state and its lines in the log."""
        return _what(self.number)


@dataclass
class Board:
    """What was tried and what is being tried, kept so that no trial is lost or repeated.

    A trial that was begun is written down before it runs: should the process be killed, the next one goes on with the
    same settings, from the state that the trial has reached.
    """

    checkpoints: Checkpoints
    start: Hyperparameters
    seed: int
    trials: list[Trial] = field(default_factory=list)
    begun: dict[int, Hyperparameters] = field(default_factory=dict)

    @classmethod
    def load(cls, checkpoints: Checkpoints, start: Hyperparameters, seed: int) -> "Board":
        """As it was left, or a new one."""
        board = cls(checkpoints, start, seed)
        if state := checkpoints.load(_SEARCH):
            board.trials = [Trial.from_json(values) for values in state.values["trials"]]
            board.begun = {int(number): Hyperparameters(**values) for number, values in state.values["begun"]}
        return board

    def next(self, running: Sequence[int] = ()) -> Assignment:
        """A trial that was begun and is not running, or else a new one."""
        left = sorted(set(self.begun) - set(running))
        number = left[0] if left else len(self.trials) + len(self.begun) + 1
        if not left:
            pending = [self.begun[one] for one in sorted(self.begun)]
            self.begun[number] = propose(self.start, self.trials, pending, seed=self.seed)
            self._save()
        return Assignment(number, self.begun[number], tuple(self.trials))

    def end(self, trial: Trial) -> None:
        """Write down how a trial ended; its state is no longer needed."""
        del self.begun[trial.number]
        self.trials = sorted([*self.trials, trial], key=lambda one: one.number)
        if self._save():
            self.checkpoints.remove(_what(trial.number))
        log.info("trial %d %s: %.4f with %s", trial.number, trial.outcome, trial.objective, trial.hyperparameters)

    def _save(self) -> bool:
        values = {
            "trials": [trial.to_json() for trial in self.trials],
            "begun": [[number, point.settings()] for number, point in self.begun.items()],
        }
        # One more with each trial begun, and with each ended.
        return self.checkpoints.save(_SEARCH, State(2 * len(self.trials) + len(self.begun), values))


def _what(number: int) -> str:
    return f"trial-{number:03d}"


def search(board: Board, carry_out: Callable[[Assignment], Trial], trials: int) -> list[Trial]:
    """Carry out trials one after the other until there are so many; those that have ended before count."""
    while len(board.trials) < trials:
        board.end(carry_out(board.next()))
    return board.trials


def carry_out(trainer: Trainer, assignment: Assignment, epochs: int) -> Trial:
    """Train with an assignment's settings; hopeless ones are stopped early, the study's own excepted."""

    def stop(history: Sequence[Epoch]) -> bool:
        objectives = [_objective(epoch) for epoch in history]
        return assignment.number > 1 and hopeless(objectives, assignment.others)

    plan = Plan(assignment.what, assignment.hyperparameters, epochs, stop)
    history: Sequence[Epoch] = []
    try:
        history = trainer.run(plan)
    except DivergedError as error:
        log.warning("%s failed: %s", assignment.what, error)
        outcome = "failed"
    else:
        outcome = "finished" if len(history) == epochs else "stopped"
    return Trial(
        number=assignment.number,
        hyperparameters=assignment.hyperparameters,
        objectives=tuple(_objective(epoch) for epoch in history),
        outcome=outcome,
        seconds=sum(epoch.seconds for epoch in history),
    )


def _objective(epoch: Epoch) -> float:
    """Macro AUC on validation; that of guessing where validation holds one class alone."""
    return epoch.validation_macro_auc if math.isfinite(epoch.validation_macro_auc) else 0.5
