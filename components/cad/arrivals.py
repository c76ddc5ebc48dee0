"""Bodies on their way: bounded in number, bytes and time, and so that slow senders keep nobody out.

A body that arrives takes no place among the requests at work. Where too much is on its way, what arrives slowest has to
go, so that whoever sends faster gets in.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from components.cad.problems import ProblemError

# Before it no body is called slow, in seconds.
_GRACE = 1.0


class Arrival:
    """One body, held from its first byte until its request ends.

    Args:
        seconds: that it has to arrive.
        changed: called with it when more of it is here; raises ProblemError where there is no room for it.
        whole: called when all of it is here; raises ProblemError where nobody can work on it.
    """

    def __init__(self, seconds: float, changed: Callable[["Arrival"], None], whole: Callable[[], None]) -> None:
        self._clock = asyncio.get_running_loop().time
        self._began, self._seconds = self._clock(), seconds
        self._changed, self._whole = changed, whole
        self._waiting: asyncio.Timeout | None = None
        self.size = 0
        """Bytes that are held."""
        self.here = self.dropped = False
        """Whether it is whole; whether it had to go."""

    def rate(self) -> float:
        """Bytes a second so far; infinite while it is too early to tell, and once it is whole."""
        seconds = self._clock() - self._began
        return math.inf if self.here or seconds < _GRACE else self.size / seconds

    def drop(self) -> None:
        """Give it up, for one that is faster."""
        self.dropped, self.size = True, 0
        if self._waiting and not self._waiting.expired():  # it may have run out of time in this very moment
            self._waiting.reschedule(self._clock())

    async def next(self, stream: AsyncIterator[bytes]) -> bytes | None:
        """More of it; None at its end.

        Raises:
            ProblemError: it is too slow, or there is no room for it.
        """
        try:
            async with asyncio.timeout_at(self._began + self._seconds) as self._waiting:
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise self._slow() from error
        finally:
            self._waiting = None
        if self.dropped:
            raise self._slow()
        if chunk is None:
            self._whole()
            self.here = True
        self.size += len(chunk or b"")
        self._changed(self)
        return chunk

    def _slow(self) -> ProblemError:
        reason = f"the body did not arrive within {self._seconds:g} s"
        if self.dropped:
            reason = "so much is being sent that the slowest has to go, which the body was; try again"
        return ProblemError("upload_too_slow", reason, {"Connection": "close"})


class Arrivals:
    """All bodies that are held.

    Args:
        most: that are on their way at once.
        most_bytes: of all together, also those that are worked on.
        gauge: that shows how many are on their way.
    """

    def __init__(self, most: int, most_bytes: int, gauge: Gauge) -> None:
        self._most, self._most_bytes, self._gauge = most, most_bytes, gauge
        self._held: set[Arrival] = set()

    @contextmanager
    def arriving(self, seconds: float, whole: Callable[[], None]) -> Iterator[Arrival]:
        """Hold a body for as long as the block lasts.

        Args:
            seconds: see Arrival.
            whole: see Arrival.

        Raises:
            ProblemError: too many are on their way, and it cannot be told yet which is slow.
        """
        arrival = Arrival(seconds, self._make_room, whole)
        self._held.add(arrival)
        try:
            self._make_room(arrival)
            yield arrival
        finally:
            self._held.discard(arrival)
            self._gauge.set(self._on_their_way())

    def _on_their_way(self) -> int:
        return sum(not one.here for one in self._held)

    def _make_room(self, newest: Arrival) -> None:
        while self._on_their_way() > self._most or sum(one.size for one in self._held) > self._most_bytes:
            slowest = min(self._held, key=Arrival.rate)
            if slowest is newest or math.isinf(slowest.rate()):
                raise ProblemError("overloaded", "too much is being sent; try again in a second", {"Retry-After": "1"})
            self._held.discard(slowest)
            slowest.drop()
        self._gauge.set(self._on_their_way())
