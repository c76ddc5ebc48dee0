"""The REST API of Kubeflow Model Registry, version v1alpha3, as far as it is needed.

https://github.com/kubeflow/model-registry/blob/main/api/openapi/model-registry.yaml
"""

from collections.abc import Iterator, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from components.common.errors import RegistryError

_PATH = "/api/model_registry/v1alpha3"
_PAGE = 100
_TIMEOUT = (10.0, 60.0)
_BUSY = (429, 502, 503, 504)

# All that is asked can be asked again: names are unique, and what is set is set whole.
_RETRY = Retry(total=2, backoff_factor=1, status_forcelist=_BUSY, allowed_methods=None, raise_on_status=False, read=1)

Resource = dict[str, Any]


class KubeflowApi:
    """Requests to one registry, each tried up to three times where the server is down or busy.

    Args:
        server: its address, `http(s)://HOST:PORT`.
        shown: the address as messages may show it.
        token: a bearer token, or empty.
        timeout: for the connection and for an answer, in seconds.
    """

    def __init__(self, server: str, shown: str, token: str, timeout: tuple[float, float] = _TIMEOUT) -> None:
        self._base, self._shown, self._timeout = server + _PATH, shown, timeout
        self._session = requests.Session()
        self._session.mount(server, HTTPAdapter(max_retries=_RETRY))
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def find(self, path: str, **query: str) -> Resource | None:
        """The resource; None where there is none.

        Raises:
            RegistryError: as all methods: the registry is down, silent, refuses, or answers nonsense.
        """
        return self._asked("GET", path, params=query, passing=404)

    def all(self, path: str) -> Iterator[Resource]:
        """All resources of a list, page by page, in the order of their making."""
        query: dict[str, Any] = {"pageSize": _PAGE, "orderBy": "ID", "sortOrder": "ASC"}
        while True:
            page = self._asked("GET", path, params=query) or {}
            yield from page.get("items", [])
            if not page.get("nextPageToken"):
                return
            query["nextPageToken"] = page["nextPageToken"]

    def create(self, path: str, body: Mapping[str, Any]) -> Resource | None:
        """Make a resource; None where there is one of that name."""
        return self._asked("POST", path, json=body, passing=409)

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        """Set some fields of a resource."""
        self._asked("PATCH", path, json=body)

    def _asked(self, method: str, path: str, passing: int | None = None, **content: Any) -> Resource | None:
        try:
            answer = self._session.request(method, self._base + path, timeout=self._timeout, **content)
            if answer.status_code == passing:
                return None
            answer.raise_for_status()
            return dict(answer.json())
        except (requests.RequestException, ValueError) as error:
            refused = isinstance(error, requests.HTTPError) and error.response.status_code in (401, 403)
            said = error.response.text[:200] if isinstance(error, requests.HTTPError) else str(error)
            hint = (
                "name a file with a valid token in KF_PIPELINES_SA_TOKEN_PATH"
                if refused
                else "check the address and that the registry is up; then run the stage again, which goes on where "
                "this one ended"
            )
            raise RegistryError(f"the registry {self._shown} failed: {method} {path}: {said}; {hint}") from error
