"""Asking again without doing a thing twice."""

import logging
from collections.abc import Callable
from typing import TypeVar

import tenacity
import urllib3.exceptions
from kfp_server_api.exceptions import ApiException

from components.common import retries
from components.common.statuses import TRANSIENT_STATUSES

log = logging.getLogger(__name__)

_CONFLICT = 409

T = TypeVar("T")


def made_once(make: Callable[[], T], find: Callable[[], T | None]) -> T:
    """Make something on the server that must not be made twice.

    A request that fails may have been carried out all the same: the answer was lost, or a proxy lost its patience. So
    before each further attempt the thing is looked for, by a name that nothing else has.

    Args:
        make: sends the request.
        find: what `make` would give, if it is there already.

    Raises:
        ApiException: the server refuses, or is busy beyond the deadline.
        urllib3.exceptions.HTTPError: it cannot be reached until then.
    """
    tried = False
    for attempt in _attempts():
        with attempt:
            if tried and (found := find()) is not None:
                return found
            tried = True
            try:
                return make()
            except ApiException as error:
                if error.status == _CONFLICT and (found := find()) is not None:
                    return found
                raise
    raise AssertionError("the last attempt returns or raises")


def repeated(call: Callable[[], T]) -> T:
    """Send what may be sent twice until it succeeds; raises what `made_once` raises."""
    return made_once(call, lambda: None)


def is_transient(error: BaseException) -> bool:
    """Whether it may pass."""
    if isinstance(error, ApiException):
        return error.status in TRANSIENT_STATUSES
    return isinstance(error, urllib3.exceptions.HTTPError)


def _attempts() -> tenacity.Retrying:
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception(is_transient),
        wait=_wait,
        stop=tenacity.stop_after_delay(retries.DEADLINE_SECONDS),
        before_sleep=_tell,
        reraise=True,
    )


def _tell(state: tenacity.RetryCallState) -> None:
    """Say that it is tried again; of the fault its kind alone, for the rest may hold secrets."""
    error = state.outcome.exception() if state.outcome else None
    kind = getattr(error, "status", None) or type(error).__name__
    log.warning("a request failed (%s): trying again", kind)


def _wait(state: tenacity.RetryCallState) -> float:
    """Seconds: what the server asks for, or else more and more, with jitter."""
    error = state.outcome.exception() if state.outcome else None
    told = (getattr(error, "headers", None) or {}).get("Retry-After", "")
    if told.isdecimal():
        return min(float(told), retries.DEADLINE_SECONDS)
    grown = tenacity.wait_random_exponential(retries.FIRST_WAIT_SECONDS, retries.LONGEST_WAIT_SECONDS)
    return retries.FIRST_WAIT_SECONDS + grown(state)
