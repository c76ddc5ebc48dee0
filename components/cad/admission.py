"""Who gets in: so many requests at once, and so many a minute of one client."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import Gauge

from components.cad.arrivals import Arrival, Arrivals
from components.cad.problems import ProblemError
from components.cad.settings import Limits

_MOST_CLIENTS = 10_000

_SECONDS = 60.0


class Admission:
    """Bounds the requests that are at work at once, and what is on its way to them.

    Args:
        limits: of both.
        working: shows how many are at work.
        arriving: shows how many are on their way.
    """

    def __init__(self, limits: Limits, working: Gauge, arriving: Gauge) -> None:
        self._limits, self._gauge, self._working = limits, working, 0
        self._arrivals = Arrivals(limits.uploads, limits.requests * limits.body_bytes, arriving)

    @contextmanager
    def admitted(self) -> Iterator[Arrival]:
        """Let a request in for as long as the block lasts; it is at work from when its body is read to the end.

        Raises:
            ProblemError: there are too many, now or when the body is here.
        """
        working = False

        def begin() -> None:
            nonlocal working
            self._check()
            working = True
            self._count(1)

        self._check()
        try:
            with self._arrivals.arriving(self._limits.upload_seconds, begin) as arrival:
                yield arrival
        finally:
            self._count(-working)

    def _check(self) -> None:
        if self._working >= self._limits.requests:
            detail = f"{self._limits.requests} requests are at work; try again in a second"
            raise ProblemError("overloaded", detail, {"Retry-After": "1"})

    def _count(self, more: int) -> None:
        self._working += more
        self._gauge.set(self._working)


class RateLimit:
    """A token bucket for each client: a minute's worth at once, then as fast as it refills.

    Args:
        per_minute: requests; 0 does not count.
        clock: gives seconds.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        # Tokens and when they were counted, of each client; those that were seen last are at the end.
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> None:
        """Count a request.

        Raises:
            ProblemError: the client has had its share.
        """
        if not self._per_minute:
            return
        now = self._clock()
        tokens, then = self._buckets.pop(client, (float(self._per_minute), now))
        tokens = min(tokens + (now - then) * self._per_minute / _SECONDS, float(self._per_minute))
        enough = tokens >= 1.0
        self._buckets[client] = (tokens - 1.0 if enough else tokens, now)
        if len(self._buckets) > _MOST_CLIENTS:
            self._buckets.popitem(last=False)
        if not enough:
            wait = math.ceil((1.0 - tokens) * _SECONDS / self._per_minute)
            raise ProblemError(
                "rate_limited", f"{self._per_minute} requests a minute are answered", {"Retry-After": str(wait)}
            )
