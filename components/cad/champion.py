"""Where the served model comes from: the champion of an MLflow registry, or a folder that convert wrote."""

import logging
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# MLflow reads this as it is imported; it would report its use to its makers.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow.environment_variables as variables
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from components.common.errors import RegistryError, SettingsError
from components.common.files import read_json
from components.common.onnx_model import DESCRIPTION_FILE

CHAMPION = "champion"

_FOLDER = "model"
_CREDENTIALS = re.compile(r"//[^/@]*@")

_PATIENCE = {
    variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES: 2,
    variables.MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: 1,
    variables.MLFLOW_HTTP_REQUEST_TIMEOUT: 60,
}


@dataclass(frozen=True)
class Release:
    """One version of a model, not loaded yet."""

    name: str
    version: str
    mark: str
    """Differs from that of any other release, also of one that takes this version's place."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """How good it was on its test images; empty where that is not known."""


class Source(Protocol):
    """Where releases come from. Each method raises RegistryError or StorageError where it is down or has none."""

    def current(self) -> Release:
        """The release that is to be served now."""

    def fetch(self, release: Release, folder: Path) -> Path:
        """The folder of a release, as convert wrote it; put into `folder` if it has to be copied."""


class FolderSource:
    """A folder that convert wrote: served as it is, and anew when another takes its place.

    Args:
        folder: with `model.json` and `ensemble.onnx`.
        name: to serve it by.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def current(self) -> Release:
        """See Source."""
        described = read_json(self._folder / DESCRIPTION_FILE)
        digest = str(described.get("sha256", "")) if isinstance(described, dict) else ""
        return Release(self._name, digest[:12] or "0", digest)

    def fetch(self, release: Release, folder: Path) -> Path:
        """See Source."""
        return self._folder


class RegistrySource:
    """The version of a registered model that holds the alias `champion`.

    Credentials for a server come from MLflow's own variables, see the register stage.

    Args:
        registry: folder (an embedded registry: `mlflow.db` is in it), `sqlite:///FILE`, or the address of a server.
        name: of the registered model; empty for the only one that has a champion.

    Raises:
        SettingsError: the registry is of another kind, or there is none in that folder.
    """

    def __init__(self, registry: str, name: str) -> None:
        self._uri = _uri(registry)
        self._shown = _CREDENTIALS.sub("//", self._uri)
        self._name = name
        for variable, value in _PATIENCE.items():
            if not variable.is_set():
                variable.set(value)
        variables.MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
        for chatty in ("mlflow", "alembic"):
            logging.getLogger(chatty).setLevel(logging.WARNING)
        self._client = MlflowClient(tracking_uri=self._uri, registry_uri=self._uri)

    def current(self) -> Release:
        """See Source."""
        try:
            name = self._name or self._only_champion()
            held = self._client.get_model_version_by_alias(name, CHAMPION)
            figures = dict(self._client.get_run(held.run_id).data.metrics)
        except (MlflowException, OSError) as error:
            raise self._failed(error) from error
        return Release(name, str(held.version), f"{held.version} {held.run_id}", figures)

    def fetch(self, release: Release, folder: Path) -> Path:
        """See Source."""
        try:
            run = self._client.get_model_version(release.name, release.version).run_id
            place = tempfile.mkdtemp(prefix="model-", dir=folder)
            return Path(self._client.download_artifacts(run, _FOLDER, place))
        except (MlflowException, OSError) as error:
            raise self._failed(error) from error

    def _only_champion(self) -> str:
        models = self._client.search_registered_models()
        names = [model.name for model in models if CHAMPION in model.aliases]
        if len(names) == 1:
            return str(names[0])
        found = f"has champions of {', '.join(sorted(names))}" if names else "has no champion"
        raise RegistryError(f"the registry {self._shown} {found}: give model_name, or register a model (make demo)")

    def _failed(self, error: Exception) -> RegistryError:
        reason = str(error).replace(self._uri, self._shown)
        return RegistryError(
            f"the registry {self._shown} gave no champion: {reason}; check the address, the model's name, and that a "
            "model was registered"
        )


def _uri(registry: str) -> str:
    """MLflow's URI for what the register stage takes as its registry."""
    if registry.startswith(("http://", "https://")):
        return registry.rstrip("/")
    if "://" in registry and not registry.startswith("sqlite:///"):
        raise SettingsError(f"the registry {registry!r} is of no kind that is served from: give a folder or http(s)://")
    database = Path(registry.removeprefix("sqlite:///")) if "://" in registry else Path(registry, "mlflow.db")
    if not database.is_file():
        raise SettingsError(f"there is no registry at {database}: run the pipeline first, for example make demo")
    return f"sqlite:///{database.resolve()}"
