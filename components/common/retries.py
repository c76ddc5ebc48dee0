"""Trying again what a network or a service failed to do, for a while."""

import http.client
from collections.abc import Callable
from typing import TypeVar

import requests
import urllib3.exceptions
from google.api_core.exceptions import BadRequest, GoogleAPICallError, GoogleAPIError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud.storage.exceptions import DataCorruption

from components.common.statuses import TRANSIENT_STATUSES

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""How long a server may be silent in the middle of an answer."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 16.0
DEADLINE_SECONDS = 120.0
"""How long one file or listing is tried for, over all retries."""

# What a broken connection or a damaged answer looks like, by who notices it.
_BROKEN = (
    ConnectionError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.JSONDecodeError,
    DataCorruption,
)

# What is raised, over the retries, when the network, the service or the credentials fail for good.
FAILURES = (*_BROKEN, GoogleAPIError, GoogleAuthError, OSError)

T = TypeVar("T")


def patiently(call: Callable[[], T]) -> T:
    """Call until it succeeds: after a transient fault again, with exponential backoff and jitter, until the deadline.

    Raises:
        google.api_core.exceptions.RetryError: the deadline has passed; it quotes the last fault.
        Exception: what `call` raised, if that is no transient fault.
    """
    return retry()(call)()


def retry() -> Retry:
    """The rule: which faults, how long to wait, when to give up."""
    return Retry(
        predicate=_is_transient,
        initial=FIRST_WAIT_SECONDS,
        maximum=LONGEST_WAIT_SECONDS,
        timeout=DEADLINE_SECONDS,
    )


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, BadRequest):
        # The service compares an upload with the checksum that came with it.
        return "crc32c" in str(error).lower()
    if isinstance(error, GoogleAPICallError):
        return error.code in TRANSIENT_STATUSES
    if isinstance(error, GoogleAuthError):
        return isinstance(error, TransportError) or error.retryable
    return isinstance(error, _BROKEN)
