"""A connection to Kubeflow Pipelines, from what a person says of it."""

import os
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from kfp.client import KF_PIPELINES_SA_TOKEN_ENV
from kfp.client.set_volume_credentials import ServiceAccountTokenVolumeCredentials

from components.cluster.kfp_client import PatientClient
from components.cluster.refusals import explained
from components.common.errors import SettingsError

DEFAULT_NAMESPACE = "skin-lesion"


@dataclass(frozen=True)
class Access:
    """Where the server is and who asks. Empty fields leave it to KFP's client: its variables, a pod's own account."""

    host: str = ""
    namespace: str = DEFAULT_NAMESPACE
    """Of the runs; a server for one user has none."""
    token_file: str = ""
    """A bearer token, read again for every request: whoever renews it need not start anew."""
    cookie_file: str = ""
    """A session's cookie, `name=value`."""
    iap_client_id: str = ""
    """OAuth client of Google's Identity-Aware Proxy."""
    ca_file: str = ""
    """Certificates to trust."""


@dataclass(frozen=True)
class Cluster:
    """A server that answered."""

    client: PatientClient
    namespace: str | None
    """None where the server is for one user."""

    def explained(self, doing: str) -> AbstractContextManager[None]:
        """Let what goes wrong in a block be raised as ClusterError."""
        return explained(self.client.address, doing)

    def run_page(self, run_id: str) -> str:
        """Where a person sees the run."""
        return f"{self.client.page}/#/runs/details/{run_id}"


def connect(access: Access) -> Cluster:
    """Open a connection, and see that it works.

    Raises:
        SettingsError: a file of a secret cannot be read.
        ClusterError: the server refuses, is down, or is something else.
    """
    with explained(access.host or "the server", "answer"):
        client = PatientClient(
            host=access.host or None,
            client_id=access.iap_client_id or None,
            cookies=_secret(access.cookie_file) or None,
            ssl_ca_cert=access.ca_file or None,
            credentials=_credentials(access),
        )
        multi_user = client.get_kfp_healthz().multi_user
    return Cluster(client, access.namespace if multi_user else None)


def _credentials(access: Access) -> ServiceAccountTokenVolumeCredentials | None:
    """The token in a file, which KFP's client reads again for every request."""
    path = access.token_file or (os.environ.get(KF_PIPELINES_SA_TOKEN_ENV, "") if access.host else "")
    _secret(path)
    return ServiceAccountTokenVolumeCredentials(path) if path else None


def _secret(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8").strip() if file else ""
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"cannot read the secret in {file}: {error}") from error
