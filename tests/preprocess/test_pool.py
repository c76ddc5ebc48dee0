import os
import signal
from pathlib import Path

import pytest

from components.common.errors import DataError, PipelineError
from components.preprocess.pool import available_cores, completed


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


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("100000 100000", 1), ("50000 100000", 1), ("max 100000", None), ("6400000 100000", None), ("nonsense", None)],
)
def test_a_containers_cpu_limit_counts(tmp_path: Path, limit: str, expected: int | None) -> None:
    (tmp_path / "cpu.max").write_text(f"{limit}\n")
    everything = len(os.sched_getaffinity(0))
    assert available_cores(tmp_path / "cpu.max") == (expected or min(everything, 64))


def test_without_control_groups_all_cores_count(tmp_path: Path) -> None:
    assert available_cores(tmp_path / "none") == len(os.sched_getaffinity(0))
