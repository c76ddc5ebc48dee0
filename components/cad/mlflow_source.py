"""The champion of an MLflow registry."""

import logging
import os
import re
import tempfile
from pathlib import Path

from components.cad.sources import Release
from components.common.errors import RegistryError, SettingsError

# MLflow reads this as it is imported; it would report its use to its makers.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow.environment_variables as variables
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

CHAMPION = "champion"

_FOLDER = "model"
_CREDENTIALS = re.compile(r"//[^/@]*@")

# MLflow's own choice is to try for minutes.
_PATIENCE = {
    variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES: 2,
    variables.MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: 1,
    variables.MLFLOW_HTTP_REQUEST_TIMEOUT: 60,
}


class MlflowSource:
    """The version of a registered model that holds the alias `champion`.

    Credentials for a server come from MLflow's own variables, see the register stage.

    Args:
        registry: folder (an embedded registry: `mlflow.db` is in it), `sqlite:///FILE`, or the address of a server.
        name: of the registered model; empty for the one whose champion was registered last, and that one from then on.

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
            self._name = name = self._name or self._last_champion()
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

    def _last_champion(self) -> str:
        models = self._client.search_registered_models()
        champions = {
            model.name: self._client.get_model_version_by_alias(model.name, CHAMPION).creation_timestamp
            for model in models
            if CHAMPION in model.aliases
        }
        if not champions:
            raise RegistryError(f"the registry {self._shown} has no champion: run the pipeline, for example make demo")
        return str(max(champions, key=champions.__getitem__))

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
