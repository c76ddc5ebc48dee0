"""Spreading tasks over processes."""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import TypeVar

from components.common.errors import PipelineError
from components.common.pictures import use_one_thread

Task = TypeVar("Task")
Result = TypeVar("Result")


def completed(function: Callable[[Task], Result], tasks: Sequence[Task], processes: int) -> Iterator[Result]:
    """Call `function` on each task in its own process, and give the results as they come, in any order.

    One process means this one. libvips works with one thread in each. The processes end when this one is killed.

    Raises:
        PipelineError: a process was killed.
    """
    if min(processes, len(tasks)) <= 1:
        use_one_thread()
        yield from map(function, tasks)
        return
    # A forked child would inherit libvips' threads and locks in a state that nobody knows.
    executor = ProcessPoolExecutor(
        min(processes, len(tasks)), mp_context=get_context("spawn"), initializer=_begin_worker
    )
    try:
        for future in as_completed([executor.submit(function, task) for task in tasks]):
            yield future.result()
    except BrokenProcessPool as error:
        raise PipelineError(
            "a worker process was killed, most likely for want of memory: give the stage more memory, "
            "or let it use fewer processes"
        ) from error
    finally:
        executor.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    use_one_thread()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Without this, the workers of a killed process would wait for tasks for ever."""
    parent = parent_process()
    assert parent is not None, "only a worker calls this"
    wait([parent.sentinel])
    os._exit(1)
