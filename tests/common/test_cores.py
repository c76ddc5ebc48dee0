"""The cores to use are those that the process may use, and a container's limit."""

import os
from pathlib import Path

import pytest

from components.common.cores import available_cores


@pytest.mark.parametrize(
    ("limit", "expected"), [("max 100000", None), ("150000 100000", 1), ("50000 100000", 1), ("6400000 100000", None)]
)
def test_a_containers_limit_counts(tmp_path: Path, limit: str, expected: int | None) -> None:
    (tmp_path / "cpu.max").write_text(limit)
    everything = len(os.sched_getaffinity(0))
    assert available_cores(tmp_path / "cpu.max") == (expected or min(everything, 64))


def test_without_a_limit_all_cores_are_used(tmp_path: Path) -> None:
    assert available_cores(tmp_path / "none") == len(os.sched_getaffinity(0))
