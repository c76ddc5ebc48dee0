import asyncio
import threading
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from components.cad.batching import Batcher

Arrays = Mapping[str, np.ndarray]


def rows(*values: int) -> list[Arrays]:
    return [{"x": np.array(value)} for value in values]


def doubled(inputs: Arrays) -> Arrays:
    return {"y": 2 * inputs["x"]}


class Slow:
    """Computes when it is let, and notes the batches."""

    def __init__(self) -> None:
        self.go, self.batches = threading.Event(), list[list[int]]()

    def __call__(self, inputs: Arrays) -> Arrays:
        self.batches.append(inputs["x"].tolist())
        self.go.wait(10)
        return doubled(inputs)


def run(compute: Callable[[Arrays], Arrays], work: Callable[[Batcher], object], size: int = 4) -> None:
    async def all_of_it() -> None:
        batcher = Batcher(compute, size, 0.01)
        try:
            await work(batcher)  # type: ignore[misc]
        finally:
            await batcher.close()

    asyncio.run(all_of_it())


def test_each_caller_gets_the_answers_to_its_own_rows() -> None:
    async def work(batcher: Batcher) -> None:
        answers = await asyncio.gather(*(batcher.submit(rows(number, 10 * number)) for number in range(20)))
        assert [answer["y"].tolist() for answer in answers] == [[2 * number, 20 * number] for number in range(20)]

    run(doubled, work)


def test_what_waits_while_a_batch_is_computed_becomes_the_next_one() -> None:
    slow = Slow()

    async def work(batcher: Batcher) -> None:
        first = asyncio.create_task(batcher.submit(rows(0)))
        while not slow.batches:
            await asyncio.sleep(0.001)
        others = [asyncio.create_task(batcher.submit(rows(number))) for number in (1, 2, 3)]
        await asyncio.sleep(0.01)
        slow.go.set()
        await asyncio.gather(first, *others)

    run(slow, work)
    assert slow.batches == [[0], [1, 2, 3]]


def test_a_batch_has_no_more_rows_than_it_may_and_the_order_is_kept() -> None:
    slow = Slow()
    slow.go.set()

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(*(batcher.submit(rows(number, number, number)) for number in range(3)))
        many = await batcher.submit(rows(*range(9)))
        assert many["y"].tolist() == [2 * number for number in range(9)]

    run(slow, work)
    assert slow.batches[:3] == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    assert slow.batches[3:] == [[0, 1, 2, 3], [4, 5, 6, 7], [8]]


def test_a_batch_waits_a_little_for_what_is_announced() -> None:
    slow = Slow()
    slow.go.set()

    async def work(batcher: Batcher) -> None:
        batcher.announce(1)
        first = asyncio.create_task(batcher.submit(rows(1)))
        await asyncio.sleep(0.001)
        second = asyncio.create_task(batcher.submit(rows(2)))
        batcher.announce(-1)
        await asyncio.gather(first, second)

    run(slow, work)
    assert slow.batches == [[1, 2]]


def test_a_failure_is_told_to_who_shared_the_batch_and_the_next_one_is_computed() -> None:
    def picky(inputs: Arrays) -> Arrays:
        if (inputs["x"] < 0).any():
            raise ValueError("negative")
        return doubled(inputs)

    async def work(batcher: Batcher) -> None:
        with pytest.raises(ValueError, match="negative"):
            await batcher.submit(rows(-1))
        assert (await batcher.submit(rows(1)))["y"].tolist() == [2]

    run(picky, work)


def test_who_has_gone_is_not_computed_for() -> None:
    slow = Slow()

    async def work(batcher: Batcher) -> None:
        first = asyncio.create_task(batcher.submit(rows(0)))
        while not slow.batches:
            await asyncio.sleep(0.001)
        gone = asyncio.create_task(batcher.submit(rows(1)))
        await asyncio.sleep(0.001)
        gone.cancel()
        slow.go.set()
        await first
        await batcher.submit(rows(2))

    run(slow, work)
    assert slow.batches == [[0], [2]]
