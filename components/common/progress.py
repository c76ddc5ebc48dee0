"""Progress of long work: a bar on a terminal, a log line now and then where there is none (a pod, a pipe)."""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

log = logging.getLogger(__name__)

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 20.0


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Pass `items` on, showing how many of `total` are done."""
    if sys.stderr.isatty():
        yield from tqdm(items, desc=what, total=total, unit="")
        return
    start = shown = time.monotonic()
    done = 0
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            log.info("%s: %d of %d, %.0f s left", what, done, total, (shown - start) / done * (total - done))
    log.info("%s: %d done in %.1f s", what, done, time.monotonic() - start)
