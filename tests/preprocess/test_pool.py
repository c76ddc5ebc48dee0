import os
import signal
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import pytest

from components.common.errors import DataError, PipelineError
from components.preprocess.pool import completed


def double(number: int) -> int:
    return 2 * number


def process(_: int) -> int:
    return os.getpid()


def fail(number: int) -> int:
    raise DataError(f"task {number} is broken")


def killed(_: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def test_one_process_is_this_one() -> None:
    assert set(completed(process, [1, 2], 1)) == {os.getpid()}


def test_several_processes_give_every_result() -> None:
    assert sorted(completed(double, range(5), 2)) == [0, 2, 4, 6, 8]


def test_an_error_of_a_task_comes_through_as_it_is() -> None:
    with pytest.raises(DataError, match="task 1 is broken"):
        list(completed(fail, [1, 1], 2))


def test_a_killed_process_is_a_clear_error() -> None:
    with pytest.raises(PipelineError, match="a worker process was killed, most likely for want of memory"):
        list(completed(killed, [1, 2], 2))


def start_and_wait(started: Path) -> int:
    with (started / str(os.getpid())).open("w"):
        time.sleep(60)
    return 0


def run_until_killed(started: Path) -> None:
    list(completed(start_and_wait, [started] * 2, 2))


def test_the_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    parent = get_context("spawn").Process(target=run_until_killed, args=(tmp_path,))
    parent.start()
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    workers = [int(path.name) for path in tmp_path.iterdir()]
    parent.kill()
    parent.join()
    until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def until(true: Callable[[], bool]) -> None:
    for _ in range(300):
        if true():
            return
        time.sleep(0.1)
    pytest.fail("it did not come true within 30 s")
