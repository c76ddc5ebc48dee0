"""KFP's own client with patience, and the private names of KFP that this takes, all in this one module.

KFP 2.17's client retries nothing, waits for a silent server for ever, asks a server that refuses it five times with a
stack trace each time, and takes a login page for an empty answer. What is put in place of that leans on private names;
`tests/cluster/test_kfp_client.py` fails when they move.
"""

import warnings
from typing import Any

import kfp_server_api
from kfp.client import Client
from urllib3.util import Retry

from components.common import retries
from components.common.statuses import TRANSIENT_STATUSES

_RETRIES = 6
# A wrong address is seldom mended by waiting.
_RETRIES_OF_SILENCE = 2
# What may be asked again without a look: a POST that seems to have failed may have been carried out (`attempts.py`).
_REPEATABLE = ("GET", "DELETE")

_UNAUTHORIZED = 401
_PAGE = "a page in place of JSON, as a login page is (behind Kubeflow's dashboard --host ends in /pipeline)"


class PatientClient(Client):
    """The client for one server; takes what KFP's takes."""

    def __init__(self, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(**options)
        _watch(self._healthz_api.api_client.rest_client)

    @property
    def address(self) -> str:
        """Of the server, as the client found it."""
        return str(self._existing_config.host)

    @property
    def page(self) -> str:
        """Address of the user interface."""
        return str(self._get_url_prefix())

    def _load_config(self, *arguments: Any, **options: Any) -> Any:
        config = super()._load_config(*arguments, **options)
        config.retries = Retry(
            total=_RETRIES,
            connect=_RETRIES_OF_SILENCE,
            read=_RETRIES_OF_SILENCE,
            status_forcelist=TRANSIENT_STATUSES,
            allowed_methods=_REPEATABLE,
            backoff_factor=retries.FIRST_WAIT_SECONDS,
            backoff_max=retries.LONGEST_WAIT_SECONDS,
            backoff_jitter=retries.FIRST_WAIT_SECONDS,
            raise_on_status=False,
        )
        return config

    def get_kfp_healthz(self, sleep_duration: int = 0) -> kfp_server_api.V2beta1GetHealthzResponse:
        """What the server says of itself, asked once; KFP's client may want to know as it is made."""
        _watch(self._healthz_api.api_client.rest_client)
        return self._healthz_api.healthz_service_get_healthz()


def _watch(rest: Any) -> None:
    """Give every request a time limit, and take no page for an answer: KFP's client would read nothing in it."""
    if "request" in vars(rest):
        return
    request = rest.request

    def watched(*arguments: Any, _request_timeout: Any = None, **options: Any) -> Any:
        limit = _request_timeout or (retries.CONNECT_SECONDS, retries.READ_SECONDS)
        answer = request(*arguments, _request_timeout=limit, **options)
        if "json" not in (answer.getheader("Content-Type") or ""):
            error = kfp_server_api.ApiException(status=_UNAUTHORIZED, reason=_PAGE)
            error.body = b""
            raise error
        return answer

    rest.request = watched
