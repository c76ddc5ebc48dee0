import asyncio
import threading
from collections.abc import Awaitable, Callable

import pytest

from components.cad.recording import Recorder
from components.cad.records.prediction import Prediction
from components.common.errors import DuplicateRequestError, RecordsError
from tests.cad.records.conftest import prediction


class Slow:
    """Writes when it is let, and notes the transactions."""

    def __init__(self) -> None:
        self.go, self.transactions = threading.Event(), list[list[str]]()

    def __call__(self, *predictions: Prediction) -> None:
        names = [prediction.request_id for prediction in predictions]
        if "twice" in names:
            raise DuplicateRequestError("there is one already")
        self.transactions.append(names)
        self.go.wait(10)


def run(write: Callable[..., None], work: Callable[[Recorder], Awaitable[None]]) -> None:
    async def all_of_it() -> None:
        recorder = Recorder(write)
        try:
            await work(recorder)
        finally:
            await recorder.close()

    asyncio.run(all_of_it())


async def begun(slow: Slow, recorder: Recorder, *names: str) -> list["asyncio.Task[None]"]:
    """Callers who wait, the first of them for a transaction of its own."""
    first = asyncio.create_task(recorder.add([prediction(names[0])]))
    while not slow.transactions:
        await asyncio.sleep(0.001)
    others = [asyncio.create_task(recorder.add([prediction(name)])) for name in names[1:]]
    await asyncio.sleep(0.01)
    return [first, *others]


def test_what_waits_while_a_transaction_is_written_goes_into_the_next_one() -> None:
    slow = Slow()

    async def work(recorder: Recorder) -> None:
        callers = await begun(slow, recorder, "a", "b", "c", "d")
        slow.go.set()
        await asyncio.gather(*callers)

    run(slow, work)
    assert slow.transactions == [["a"], ["b", "c", "d"]]


def test_one_that_is_refused_does_not_take_the_others_with_it() -> None:
    slow = Slow()

    async def work(recorder: Recorder) -> None:
        callers = await begun(slow, recorder, "a", "b", "twice", "c")
        slow.go.set()
        ended = await asyncio.gather(*callers, return_exceptions=True)
        assert [type(one) for one in ended] == [type(None), type(None), DuplicateRequestError, type(None)]

    run(slow, work)
    assert sorted(slow.transactions) == [["a"], ["b"], ["c"]]


def test_a_failure_is_told_to_all_who_wait_and_the_next_one_is_tried() -> None:
    failures = [RecordsError("the disk is full")]

    def full_once(*predictions: Prediction) -> None:
        if failures:
            raise failures.pop()

    async def work(recorder: Recorder) -> None:
        with pytest.raises(RecordsError, match="full"):
            await recorder.add([prediction("a")])
        await recorder.add([prediction("a")])

    run(full_once, work)


def test_what_waits_at_the_end_is_written() -> None:
    slow = Slow()

    async def work(recorder: Recorder) -> None:
        callers = await begun(slow, recorder, "a", "b")
        callers[1].cancel()
        slow.go.set()

    run(slow, work)
    assert slow.transactions == [["a"], ["b"]]
