"""The champion of an MLflow registry."""

import tempfile
from pathlib import Path

from components.cad.sources import Release
from components.common.errors import RegistryError, SettingsError
from components.common.mlflow_client import MlflowClient, MlflowException, configure
from components.common.registry_address import KUBEFLOW, Address, parse_address

CHAMPION = "champion"

_FOLDER = "model"


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
        address = _address(registry)
        self._uri, self._shown = address.uri, address.shown
        self._name = name
        configure()
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


def _address(registry: str) -> Address:
    """Where the registry is, if it can be served from and is there."""
    address = parse_address(registry)
    if address.uri.startswith(KUBEFLOW):
        raise SettingsError(
            f"the registry {address.shown!r} is of no kind that is served from: give a folder or http(s)://"
        )
    if address.database and not address.database.is_file():
        raise SettingsError(
            f"there is no registry at {address.database}: run the pipeline first, for example make demo"
        )
    return address
