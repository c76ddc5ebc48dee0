"""Trials that run beside each other, each in a process of its own that sees one GPU."""

import logging
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from components.common.errors import PipelineError, TrainingError
from components.train.search import Trial
from components.train.termination import TerminatedError, Termination
from components.train.trials import Assignment, Board

log = logging.getLogger(__name__)

_context = multiprocessing.get_context("spawn")  # TensorFlow does not survive a fork

CarryOut = Callable[[Assignment], Trial]
Prepare = Callable[[Termination], CarryOut]
"""Builds, in the process that calls it, what carries out trials; it must be possible to pickle it."""


class Worker:
    """A process that carries out trials.

    Args:
        prepare: see `Prepare`.
        gpu: which GPU it sees; None leaves it as it is.
    """

    def __init__(self, prepare: Prepare, gpu: int | None) -> None:
        self.connection, theirs = _context.Pipe()
        environment = {} if gpu is None else {"CUDA_VISIBLE_DEVICES": _visible(gpu)}
        self.process: BaseProcess = _context.Process(target=_work, args=(prepare, theirs, environment), daemon=True)
        self.process.start()
        theirs.close()
        self.assigned: int | None = None

    def assign(self, assignment: Assignment) -> None:
        """Have it carry out a trial."""
        self.assigned = assignment.number
        with suppress(OSError):  # it is dead: `receive` tells of that
            self.connection.send(assignment)

    def receive(self) -> Trial:
        """How its trial ended.

        Raises:
            PipelineError: what it raised, or that it died.
        """
        try:
            answer = self.connection.recv()
        except (EOFError, OSError) as error:
            self.process.join()
            raise TrainingError(
                f"the process of trial {self.assigned} ended with status {self.process.exitcode}: its message stands "
                "above; was it killed for want of memory? Then run fewer trials at once"
            ) from error
        if isinstance(answer, PipelineError):
            raise answer
        self.assigned = None
        trial: Trial = answer
        return trial

    def stop(self) -> None:
        """Tell it to stop; what it is training is saved first."""
        self.process.terminate()

    def join(self) -> None:
        """Wait until it has ended."""
        self.process.join()


def search_in_parallel(
    board: Board, prepare: Prepare, trials: int, *, workers: int, gpus: int, termination: Termination
) -> list[Trial]:
    """As `trials.search`, with several trials at once.

    Args:
        board: of the search; the Gaussian process is told what it expects of trials that still run.
        prepare: see `Prepare`.
        trials: until there are so many.
        workers: how many at once.
        gpus: of this machine; each worker sees one of them.
        termination: asked between trials.

    Raises:
        TerminatedError: this process was told to stop; the workers have saved their states.
    """
    team = [Worker(prepare, number % gpus if gpus else None) for number in range(workers)]
    try:
        with termination:
            while len(board.trials) < trials:
                _assign(board, team, trials)
                for worker in _ready(team, termination):
                    board.end(worker.receive())
    finally:
        for worker in team:
            worker.stop()
        for worker in team:
            worker.join()
    return board.trials


def _assign(board: Board, team: list[Worker], trials: int) -> None:
    for worker in team:
        running = [other.assigned for other in team if other.assigned is not None]
        if worker.assigned is None and len(board.trials) + len(running) < trials:
            worker.assign(board.next(running))


def _ready(team: list[Worker], termination: Termination) -> list[Worker]:
    """Wait until a worker has something to say."""
    busy = {worker.connection: worker for worker in team if worker.assigned is not None}
    while True:
        if termination.requested:
            raise TerminatedError("told to stop during the search; each running trial saves its state")
        if ready := wait(list(busy), timeout=0.5):
            return [busy[connection] for connection in ready]  # type: ignore[index]


def _visible(gpu: int) -> str:
    """The GPU's name among those that this process may see itself."""
    named = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    return named.split(",")[gpu] if named else str(gpu)


def _work(prepare: Prepare, connection: Connection, environment: dict[str, str]) -> None:
    """The worker's process."""
    os.environ.update(environment)
    logging.basicConfig(level=logging.INFO, format=f"%(asctime)s [{os.getpid()}] %(name)s: %(message)s")
    threading.Thread(target=_die_with_parent, daemon=True).start()
    termination = Termination()
    termination.listen()
    try:
        carry_out = prepare(termination)
        while True:
            connection.send(carry_out(connection.recv()))
    except EOFError:
        return
    except PipelineError as error:
        connection.send(error)


def _die_with_parent() -> None:
    """A worker whose parent was killed would train on, unseen, beside the one that goes on with its trial."""
    parent: Any = multiprocessing.parent_process()
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
