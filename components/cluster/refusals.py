"""What the server's refusals mean, and what to do about them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import urllib3.exceptions
from kfp_server_api.exceptions import ApiException

from components.common.errors import ClusterError

_LONGEST = 300

_HINTS = {
    401: "it does not know you: give a valid token in --token-file (or in the file that KF_PIPELINES_SA_TOKEN_PATH "
    "names), a session's cookie in --cookie-file (Istio, Dex), or --iap-client-id (Google's Identity-Aware Proxy)",
    403: "it knows you, but you may not: ask for the role kubeflow-edit in the namespace, or give another --namespace",
    404: "it is not there, or not any more",
    429: "it is busy: try again later",
    503: "it is down or starting: try again later",
}


@contextmanager
def explained(address: str, doing: str) -> Iterator[None]:
    """Say what went wrong in this block, and never what was sent: headers and cookies are secrets.

    Args:
        address: of the server.
        doing: what the block does, such as "start the run".

    Raises:
        ClusterError: the server refused, or could not be reached.
    """
    try:
        yield
    except ApiException as error:
        raise ClusterError(f"{address} did not {doing}: {_told(error)}") from error
    except urllib3.exceptions.HTTPError as error:
        raise ClusterError(
            f"{address} could not be reached to {doing}: {_short(error)}; check --host (or KF_PIPELINES_ENDPOINT), the "
            "network, and a port-forward if you use one"
        ) from error


def _told(error: ApiException) -> str:
    hint = _HINTS.get(error.status)
    said = _message(error.body) or error.reason or "no reason given"
    return f"{error.status} {said}" + (f"; {hint}" if hint else "")


def _message(body: str | bytes | None) -> str:
    """What the server says, in one line; a page of a proxy says nothing."""
    try:
        answer = json.loads(body or "{}")
    except ValueError:
        return ""
    said = str(answer.get("error") or answer.get("message") or "") if isinstance(answer, dict) else ""
    return " ".join(said.split())[:_LONGEST]


def _short(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return " ".join(str(reason).split())[:_LONGEST]
