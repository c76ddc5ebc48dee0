"""Posting a message to a webhook, for a minute or so at most; its address is a secret, and is in no message here."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import requests
import urllib3.exceptions

from components.common.statuses import TRANSIENT_STATUSES

log = logging.getLogger(__name__)

WEBHOOK = "WEBHOOK_URL"
"""The environment variable that holds the webhook's address, which is a secret."""

TIMEOUT = (5.0, 10.0)
"""For the connection and for each part of an answer, in seconds."""

WAITS = (2.0, 6.0)
"""Seconds before the second try and before the third, which is the last."""

_LONGEST_ANSWER = 200


@dataclass(frozen=True)
class Outcome:
    """What became of a message."""

    sent: bool
    detail: str


@dataclass(frozen=True)
class _Try:
    problem: str
    """Empty: it was taken."""
    again: bool = False


def send(
    webhook: str,
    text: str,
    *,
    timeout: tuple[float, float] = TIMEOUT,
    waits: Sequence[float] = WAITS,
    sleep: Callable[[float], None] = time.sleep,
) -> Outcome:
    """Post a message; a webhook that is down or busy is tried again.

    urllib3's own retries are not used: they write the address to the log.

    Args:
        webhook: its address; empty sends nothing.
        text: in Slack's markup.
        timeout: for the connection and for each part of an answer, in seconds.
        waits: seconds before each further try.
        sleep: waits.
    """
    if not webhook:
        return Outcome(False, "no webhook is set: nothing was sent (README of components/notify says how to set one)")
    if not (urlsplit(webhook).scheme in ("http", "https") and urlsplit(webhook).hostname):
        return Outcome(False, "the webhook's address is no http(s) URL: nothing was sent; check the secret")
    for wait in (*waits, None):
        tried = _post(webhook, text, timeout)
        if not tried.problem:
            return Outcome(True, "the webhook took the message")
        if not tried.again or wait is None:
            break
        log.warning("the webhook %s; trying again in %g s", tried.problem, wait)
        sleep(wait)
    return Outcome(False, f"the webhook {tried.problem}: the message was not sent")


def _post(webhook: str, text: str, timeout: tuple[float, float]) -> _Try:
    try:
        # Not redirected: a message that goes elsewhere goes to whoever the answer names.
        with requests.post(
            webhook, json={"text": text}, timeout=timeout, allow_redirects=False, stream=True
        ) as response:
            status = response.status_code
            if status < 300:
                return _Try("")
            said = "" if response.is_redirect else _beginning(response, webhook)
    except requests.Timeout:
        return _Try("is silent", again=True)
    except requests.ConnectionError:
        return _Try("cannot be reached", again=True)
    except requests.RequestException as error:
        # Its text holds the address.
        return _Try(f"cannot be asked ({type(error).__name__})")
    if response.is_redirect:
        return _Try(f"answers {status}, a redirection, which is not followed")
    return _Try(f"answers {status}{f' ({said})' if said else ''}", again=status in TRANSIENT_STATUSES)


def _beginning(response: requests.Response, webhook: str) -> str:
    """What the answer says, such as Slack's `no_service`, on one line."""
    try:
        content = response.raw.read1(_LONGEST_ANSWER, decode_content=True) or b""
    except (urllib3.exceptions.HTTPError, OSError):
        return ""
    text = " ".join(content.decode("utf-8", "replace").split())
    return text.replace(webhook, "***").replace(urlsplit(webhook).path, "***") if urlsplit(webhook).path > "/" else text
