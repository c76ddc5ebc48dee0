"""Bodies that arrive: in an event loop of the test's own, and over real sockets."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack

import pytest

from components.cad import arrivals
from components.cad.admission import Admission
from components.cad.arrivals import Arrival
from components.cad.metrics import Metrics
from components.cad.problems import ProblemError
from components.cad.settings import Limits
from tests.cad.pictures import jpeg
from tests.cad.server import Server, until

Start = Callable[..., Server]


def admission_of(**limits: int) -> tuple[Admission, Metrics]:
    metrics = Metrics()
    return Admission(Limits(**limits), metrics.working, metrics.arriving), metrics


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def never() -> AsyncIterator[bytes]:
    await asyncio.sleep(3600)
    yield b""


async def read(arrival: Arrival, *chunks: bytes) -> None:
    one = stream(*chunks)
    while await arrival.next(one) is not None:
        pass


def refused(block: AbstractContextManager[object]) -> str:
    with pytest.raises(ProblemError) as problem, block:
        pass
    return problem.value.code


def test_a_request_is_at_work_from_when_it_is_read_and_then_so_many_are() -> None:
    async def test() -> None:
        admission, metrics = admission_of(requests=1)
        with admission.admitted() as slow, admission.admitted() as first:
            await read(first, b"abc")
            assert (metrics.arriving._value.get(), metrics.working._value.get()) == (1, 1)
            assert refused(admission.admitted()) == "overloaded"
            with pytest.raises(ProblemError, match="1 requests are at work"):
                await read(slow, b"abc")
        with admission.admitted() as next_one:
            await read(next_one)

        assert (metrics.arriving._value.get(), metrics.working._value.get()) == (0, 0)

    asyncio.run(test())


def test_a_body_may_have_to_go_in_the_moment_in_which_its_time_is_up() -> None:
    async def test() -> None:
        arrival = Arrival(0, lambda _: None, lambda: None)
        reading = asyncio.create_task(arrival.next(never()))
        for _ in range(2):  # it waits; its time is up, and it does not know it yet
            await asyncio.sleep(0)
        arrival.drop()
        with pytest.raises(ProblemError, match="the slowest has to go"):
            await reading

    asyncio.run(test())


def test_a_request_that_fails_leaves_too() -> None:
    async def fail(admission: Admission) -> None:
        with admission.admitted() as arrival:
            await read(arrival, b"abc")
            raise ZeroDivisionError

    async def test() -> None:
        admission, _ = admission_of(requests=1)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                await fail(admission)

    asyncio.run(test())


def test_where_none_can_be_told_to_be_slow_the_newcomer_is_refused() -> None:
    async def test() -> None:
        admission, _ = admission_of(uploads=2)
        with admission.admitted(), admission.admitted():
            assert refused(admission.admitted()) == "overloaded"

    asyncio.run(test())


def test_of_too_many_bodies_the_slowest_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_GRACE", 0.05)

    async def test() -> None:
        admission, _ = admission_of(uploads=2)
        with admission.admitted() as faster, admission.admitted() as slower:
            await faster.next(stream(b"x" * 1000))
            await slower.next(stream(b"x"))
            waiting = asyncio.create_task(slower.next(never()))
            await asyncio.sleep(0.1)
            with admission.admitted() as newcomer:
                await read(newcomer, b"abc")
            with pytest.raises(ProblemError, match="the slowest has to go"):
                await waiting
            await read(faster, b"abc")

    asyncio.run(test())


def test_bodies_have_so_many_bytes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "_GRACE", 0.05)

    async def test() -> None:
        admission, _ = admission_of(requests=2, body_bytes=100)
        with ExitStack() as stack:
            first, second, third = (stack.enter_context(admission.admitted()) for _ in range(3))
            await first.next(stream(b"x" * 90))
            await second.next(stream(b"x" * 80))
            await asyncio.sleep(0.1)
            await third.next(stream(b"x" * 85))
            with pytest.raises(ProblemError, match="the slowest has to go"):
                await second.next(stream(b"x"))
            with pytest.raises(ProblemError, match="too much is being sent"):
                await first.next(stream(b"x" * 1000))

    asyncio.run(test())


def test_many_who_send_slowly_keep_nobody_out(start: Start) -> None:
    server = start(limits={"requests": 2, "uploads": 8})
    lines = [dribbling(server) for _ in range(8)]
    try:
        until(lambda: "cad_requests_arriving 8.0" in server.get("/metrics").text)
        time.sleep(1.1)
        for line in lines:
            line.sendall(b"x")
        answers = [server.predict(jpeg(side=100)) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200] * 4
        given_up = [line for line in lines if b"upload_too_slow" in heard(line)]
        assert len(given_up) == 1, "one had to go, and its place served for all that came"
    finally:
        for line in lines:
            line.close()


def dribbling(server: Server) -> socket.socket:
    """A line on which a body is announced and does not come."""
    line = socket.create_connection(("127.0.0.1", server.port), timeout=10)
    head = "POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n"
    line.sendall(f"{head}\r\n{{".encode())
    return line


def heard(line: socket.socket) -> bytes:
    """What has come on a line by now."""
    line.settimeout(0.2)
    try:
        return line.recv(65536)
    except TimeoutError:
        return b""
