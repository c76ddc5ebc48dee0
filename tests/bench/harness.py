"""What every benchmark shares: results, fair timing, processes of their own."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

from components.common.files import write_json

T = TypeVar("T")


class SkippedError(Exception):
    """A benchmark cannot be run here; the message says why."""


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    name: str
    unit: str
    ours: float
    note: str
    peer_name: str | None = None
    peer: float | None = None
    ratio: float | None = None
    """Over 1 where ours is better."""


def in_turns(works: Sequence[Callable[[], object]], rounds: int) -> list[float]:
    """Time several works, one after the other in every round, so that a slow moment of the machine meets all of them.

    Returns:
        The median seconds of each.
    """
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, taken in zip(works, seconds, strict=True):
            start = time.perf_counter()
            work()
            taken.append(time.perf_counter() - start)
    return [statistics.median(taken) for taken in seconds]


def in_own_process(function: Callable[..., T], *arguments: Any) -> T:
    """Call a function in a fresh process: its peak memory is its own, and so are its threads."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def table(results: Sequence[Result]) -> str:
    """The results for a person to read."""
    header = ("name", "ours", "unit", "peer", "", "ratio")
    rows = [
        (
            result.name,
            f"{result.ours:.3g}",
            result.unit,
            "" if result.peer is None else f"{result.peer:.3g}",
            result.peer_name or "",
            "" if result.ratio is None else f"{result.ratio:.2f}",
        )
        for result in results
    ]
    widths = [max(len(row[column]) for row in [header, *rows]) for column in range(len(header))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in [header, *rows]]
    notes = [f"{result.name}: {result.note}" for result in results]
    return "\n".join([*(line.rstrip() for line in lines), "", *notes])


def write(path: Path, results: Sequence[Result]) -> None:
    """Write the results as JSON."""
    write_json(path, [asdict(result) for result in results])
