"""KFP's own client with patience, and the private names of KFP that this takes, all in this one module.

KFP 2.17's client retries nothing, waits for a silent server for ever, and asks a server that refuses it five times,
with a stack trace each time. So three things are put in its place; `tests/cluster/test_kfp_client.py` fails when the
names move.
"""

import warnings
from typing import Any

import kfp_server_api
from kfp.client import Client
from urllib3.util import Retry

from components.common import retries

_RETRIES = 6
# What may be asked again without a look: a POST that seems to have failed may have been carried out (`attempts.py`).
_REPEATABLE = ("GET", "DELETE")


class PatientClient(Client):
    """The client for one server; takes what KFP's takes."""

    def __init__(self, **options: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            super().__init__(**options)
        _limit(self._run_api.api_client.rest_client)

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
            status_forcelist=retries.TRANSIENT_STATUSES,
            allowed_methods=_REPEATABLE,
            backoff_factor=retries.FIRST_WAIT_SECONDS,
            backoff_max=retries.LONGEST_WAIT_SECONDS,
            backoff_jitter=retries.FIRST_WAIT_SECONDS,
            raise_on_status=False,
        )
        return config

    def get_kfp_healthz(self, sleep_duration: int = 0) -> kfp_server_api.V2beta1GetHealthzResponse:
        """What the server says of itself, asked once."""
        return self._healthz_api.healthz_service_get_healthz(
            _request_timeout=(retries.CONNECT_SECONDS, retries.READ_SECONDS)
        )


def _limit(rest: Any) -> None:
    """Give every request a time limit that has none."""
    request = rest.request

    def limited(*arguments: Any, _request_timeout: Any = None, **options: Any) -> Any:
        limit = _request_timeout or (retries.CONNECT_SECONDS, retries.READ_SECONDS)
        return request(*arguments, _request_timeout=limit, **options)

    rest.request = limited
