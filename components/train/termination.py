"""Being told to stop: a spot node that goes away sends SIGTERM, and kills half a minute later."""

import signal
import threading
from types import FrameType

from components.common.errors import TrainingError


class TerminatedError(TrainingError):
    """The process was told to stop, and what it had reached is saved."""


class Termination:
    """Whether this process was told to stop.

    A training asks between its steps, where its state is whole, and saves it. Outside of a training nothing is to be
    saved, and the process ends at once.
    """

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._postponed = 0

    def listen(self) -> None:
        """Heed SIGTERM from now on; to be called in the main thread."""
        signal.signal(signal.SIGTERM, self._on_signal)

    def request(self) -> None:
        """As if the signal had come."""
        self._requested.set()

    @property
    def requested(self) -> bool:
        """Whether it came."""
        return self._requested.is_set()

    def __enter__(self) -> "Termination":
        self._postponed += 1
        return self

    def __exit__(self, *_: object) -> None:
        self._postponed -= 1

    def _on_signal(self, number: int, _: FrameType | None) -> None:
        self.request()
        if not self._postponed:
            raise SystemExit(128 + number)
