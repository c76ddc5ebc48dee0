"""Records are written together: what waits while a transaction is written goes into the next one.

A transaction costs more than the rows in it; among many callers, one each would take the time that answers need.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from components.cad.records.prediction import Prediction
from components.common.errors import DuplicateRequestError


@dataclass(frozen=True)
class _Job:
    """Predictions that are recorded all or none, and who waits for them."""

    predictions: Sequence[Prediction]
    done: "asyncio.Future[None]"


class Recorder:
    """Writes in one thread.

    Args:
        write: adds predictions, all or none; called in the thread.
    """

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write
        self._waiting: list[_Job] = []
        self._thread = ThreadPoolExecutor(1, "records")
        self._work: asyncio.Task[None] | None = None

    async def add(self, predictions: Sequence[Prediction]) -> None:
        """Record some predictions, all or none; raises what `write` raises.

        A caller that goes away meanwhile does not stop it.
        """
        job = _Job(predictions, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._write_all())
        await job.done

    async def close(self) -> None:
        """Write what waits, and stop."""
        if self._work:
            await self._work
        self._thread.shutdown(wait=True)

    async def _write_all(self) -> None:
        while self._waiting:
            groups, self._waiting = [self._waiting], []
            while groups:
                jobs = groups.pop()
                error = await self._failure(jobs)
                if isinstance(error, DuplicateRequestError) and len(jobs) > 1:
                    groups += [[job] for job in jobs]  # one's fault: the others are not to suffer from it
                else:
                    _settle(jobs, error)

    async def _failure(self, jobs: Sequence[_Job]) -> Exception | None:
        predictions = [prediction for job in jobs for prediction in job.predictions]
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._write(*predictions))
        except Exception as error:  # whatever it is, it is the callers' to hear of
            return error
        return None


def _settle(jobs: Sequence[_Job], error: Exception | None) -> None:
    for job in jobs:
        if job.done.done():  # its caller has gone
            continue
        if error:
            job.done.set_exception(error)
        else:
            job.done.set_result(None)
