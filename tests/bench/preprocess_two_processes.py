"""Two processes against one, on large pictures."""

import itertools
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from components.common.pictures import use_one_thread
from tests.bench.harness import Result, in_turns
from tests.bench.preprocess_crop_resize import large_pictures, our_crops

NAME = "preprocess.two_processes"
ROUNDS = 5
PASSES = 2


def run(isic: Path) -> Result:
    """Images a second of both together."""
    paths = large_pictures(isic) * PASSES
    with pool(1) as one, pool(2) as two:
        seconds_of_one, seconds_of_two = in_turns([partial(work, one, paths), partial(work, two, paths)], ROUNDS)
    return Result(
        NAME,
        "images/s",
        len(paths) / seconds_of_two,
        "The processes are started before; each reads, crops and encodes whole pictures.",
        "one process",
        len(paths) / seconds_of_one,
        seconds_of_one / seconds_of_two,
    )


def pool(processes: int) -> ProcessPoolExecutor:
    executor = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=use_one_thread)
    list(executor.map(len, itertools.repeat("warm", processes * 4)))
    return executor


def work(executor: ProcessPoolExecutor, paths: Sequence[Path]) -> None:
    list(executor.map(crop_file, paths))


def crop_file(path: Path) -> None:
    our_crops(path.read_bytes())
