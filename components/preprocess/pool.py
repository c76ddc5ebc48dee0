"""Spreading tasks over processes."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from components.common.errors import PipelineError
from components.common.pictures import use_one_thread

Task = TypeVar("Task")
Result = TypeVar("Result")

# https://docs.kernel.org/admin-guide/cgroup-v2.html#cpu-interface-files
_CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def completed(function: Callable[[Task], Result], tasks: Sequence[Task], processes: int) -> Iterator[Result]:
    """Call `function` on each task in its own process, and give the results as they come, in any order.

    One process means this one. libvips works with one thread in each.

    Raises:
        PipelineError: a process was killed.
    """
    if min(processes, len(tasks)) <= 1:
        use_one_thread()
        yield from map(function, tasks)
        return
    # A forked child would inherit libvips' threads and locks in a state that nobody knows.
    executor = ProcessPoolExecutor(
        min(processes, len(tasks)), mp_context=get_context("spawn"), initializer=use_one_thread
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


def available_cores(limit: Path = _CGROUP_LIMIT) -> int:
    """The number of cores that this process may use: its affinity, and a container's CPU limit (cgroup v2).

    Args:
        limit: the control group's `cpu.max`.
    """
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    try:
        quota, period = limit.read_text(encoding="ascii").split()
        return cores if quota == "max" else max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):
        return cores
