"""The registry that an address names."""

import os
from pathlib import Path

from components.common.errors import SettingsError
from components.common.registry_address import KUBEFLOW, Address
from components.register.kubeflow_registry import KubeflowRegistry
from components.register.mlflow_registry import MlflowRegistry
from components.register.registry import Registry

# As Kubeflow's own client has it.
_TOKEN_PATH = "KF_PIPELINES_SA_TOKEN_PATH"


def connect(address: Address) -> Registry:
    """Open the registry that an address names.

    Raises:
        SettingsError: the file of the token cannot be read.
        RegistryError: an embedded registry's file cannot be written.
    """
    return KubeflowRegistry(address, _token()) if address.uri.startswith(KUBEFLOW) else MlflowRegistry(address)


def _token() -> str:
    path = os.environ.get(_TOKEN_PATH, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip() if path else ""
    except OSError as error:
        raise SettingsError(f"{_TOKEN_PATH}: cannot read the token: {error}") from error
