"""Watching an epoch's steps: the log, the loss, and what the time goes into."""

import logging
import math
import time
from collections import deque
from collections.abc import Iterable, Iterator
from typing import TypeVar

import numpy as np
import tensorflow as tf

from components.common.progress import SECONDS_BETWEEN_LINES
from components.train.history import DivergedError

log = logging.getLogger(__name__)

T = TypeVar("T")

_STEPS_AHEAD = 2


class Watch:
    """Watches the steps of one epoch.

    Args:
        what: the training, named in the log and in errors.
        steps: of the whole training.
        starting: whether its first step traces graphs, and is counted as start-up.
    """

    def __init__(self, what: str, steps: int, *, starting: bool) -> None:
        self._what, self._steps, self._starting = what, steps, starting
        self._shown = self._began = time.monotonic()
        self._begun: deque[tuple[int, tf.Tensor]] = deque()
        self.seconds_starting = 0.0
        self.seconds_stepping = 0.0
        """The steps' own time and that in which they waited, without start-up."""
        self.seconds_waiting = 0.0
        """In which a step waited for its data."""

    def fetched(self, batches: Iterable[T]) -> Iterator[T]:
        """Pass batches on, and note how long each was waited for."""
        fetching = iter(batches)
        while True:
            began = time.monotonic()
            try:
                batch = next(fetching)
            except StopIteration:
                return
            self.seconds_waiting += time.monotonic() - began
            yield batch

    def step(self, step: int, sums: tf.Tensor) -> None:
        """A step was begun. The one before the last is waited for, so that a GPU has always work, but no long queue.

        Raises:
            DivergedError: the loss is no longer a number.
        """
        self._begun.append((step, sums))
        if len(self._begun) > _STEPS_AHEAD:
            self._check(*self._begun.popleft())
        if self._starting:
            self._check(step, sums)  # waits for the step
            self._starting = False
            now = time.monotonic()
            self.seconds_starting, self.seconds_waiting, self._began = now - self._began, 0.0, now
        if time.monotonic() - self._shown >= SECONDS_BETWEEN_LINES:
            self._shown = time.monotonic()
            log.info("%s: step %d of %d", self._what, step, self._steps)

    def end(self, step: int, sums: tf.Tensor) -> np.ndarray:
        """The epoch's last step was begun: wait for it, and give the sums, float64 [2].

        Raises:
            DivergedError: the loss is no longer a number.
        """
        values = self._check(step, sums)
        self.seconds_stepping = time.monotonic() - self._began
        return values

    def _check(self, step: int, sums: tf.Tensor) -> np.ndarray:
        values = np.asarray(sums, np.float64)
        if not math.isfinite(values[0]):
            raise DivergedError(f"{self._what}: the loss became {values[0]} by step {step}; lower the learning rate")
        return values
