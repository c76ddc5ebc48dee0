"""Requests are answered together: what waits while a batch is computed becomes the next batch.

The queue needs no bound of its own, since the requests that fill it are bounded, see `admission`.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

Arrays = Mapping[str, np.ndarray]
Compute = Callable[[Arrays], Mapping[str, np.ndarray]]
Watch = Callable[[int, float], None]
"""Is told of each batch: how many rows, how many seconds."""


@dataclass(frozen=True)
class Job:
    """Some rows to be computed, and who waits for them."""

    rows: Sequence[Arrays]
    """The inputs of each, without an axis for the batch."""
    answer: "asyncio.Future[Arrays]"


class Batcher:
    """Puts jobs together, has them computed in threads, and takes the answers apart.

    Args:
        compute: gives the outputs for inputs; called in a thread.
        size: rows of a batch, at most.
        seconds: how long a batch waits for jobs that are announced, see `announce`.
        at_once: batches that are computed at the same time, at most.
        watch: see `Watch`.
    """

    def __init__(
        self,
        compute: Compute,
        size: int,
        seconds: float,
        at_once: int = 1,
        watch: Watch = lambda rows, seconds: None,
    ) -> None:
        self._compute, self._size, self._seconds, self._watch = compute, size, seconds, watch
        self._waiting: asyncio.Queue[Job] = asyncio.Queue()
        self._announced = 0
        self._threads = ThreadPoolExecutor(at_once, "model")
        self._workers = [asyncio.get_running_loop().create_task(self._work()) for _ in range(at_once)]

    def announce(self, change: int) -> None:
        """Tell that a job is coming soon (1), or that one that was announced has come, or will not (-1)."""
        self._announced += change

    async def submit(self, rows: Sequence[Arrays]) -> Arrays:
        """The outputs of some rows, by name [rows, ...]; raises what `compute` raises.

        One bad job fails with those that share its batch, so inputs are to be checked beforehand. More rows than a
        batch has are computed in several.

        Args:
            rows: the inputs of each, by name, without an axis for the batch.
        """
        if len(rows) <= self._size:
            return await self._submit(rows)
        parts = [rows[start : start + self._size] for start in range(0, len(rows), self._size)]
        answers = await asyncio.gather(*map(self._submit, parts))
        return {name: np.concatenate([answer[name] for answer in answers]) for name in answers[0]}

    async def close(self) -> None:
        """Stop; jobs that wait are given up."""
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        self._workers.clear()  # they hold this, and it the model: a ring that the collector would have to find
        self._threads.shutdown(wait=True)

    async def _submit(self, rows: Sequence[Arrays]) -> Arrays:
        job = Job(rows, asyncio.get_running_loop().create_future())
        self._waiting.put_nowait(job)
        return await job.answer

    async def _work(self) -> None:
        held: Job | None = None
        while True:
            gathered, held = await self._gather(held or await self._waiting.get())
            jobs = [job for job in gathered if not job.answer.done()]  # its caller may have gone
            if jobs:
                await self._answer(jobs)

    async def _gather(self, first: Job) -> tuple[list[Job], Job | None]:
        """The jobs of a batch; and one that came and has no place in it."""
        jobs, rows, deadline = [first], len(first.rows), time.monotonic() + self._seconds
        while rows < self._size and (job := await self._next(deadline)):
            rows += len(job.rows)
            if rows > self._size:
                return jobs, job
            jobs.append(job)
        return jobs, None

    async def _next(self, deadline: float) -> Job | None:
        if not self._waiting.empty():
            return self._waiting.get_nowait()
        left = deadline - time.monotonic()
        if not self._announced or left <= 0:
            return None
        try:
            return await asyncio.wait_for(self._waiting.get(), left)
        except TimeoutError:
            return None

    async def _answer(self, jobs: Sequence[Job]) -> None:
        try:
            outputs = await asyncio.get_running_loop().run_in_executor(self._threads, self._computed, jobs)
        except Exception as error:  # whatever it is, it is the callers' to hear of
            for job in jobs:
                if not job.answer.done():
                    job.answer.set_exception(error)
            return
        start = 0
        for job in jobs:
            end = start + len(job.rows)
            if not job.answer.done():
                job.answer.set_result({name: values[start:end] for name, values in outputs.items()})
            start = end

    def _computed(self, jobs: Sequence[Job]) -> Mapping[str, np.ndarray]:
        began = time.perf_counter()
        rows = [row for job in jobs for row in job.rows]
        outputs = self._compute({name: np.stack([row[name] for row in rows]) for name in rows[0]})
        self._watch(len(rows), time.perf_counter() - began)
        return outputs
