"""The MLflow registry: a server, or SQLite and a folder, behind `Registry`.

A version is a run's artifacts below `model/`: `ensemble.onnx`, `members/`, `model.json`, MLflow's description of them,
and the files of `documents.py`. Its metrics and settings are the run's. Credentials come from MLflow's own environment
variables (MLFLOW_TRACKING_TOKEN and the like).
"""

import contextlib
import logging
import math
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
from pyarrow import ArrowInvalid

from components.common.errors import RegistryError
from components.common.files import folder_bytes
from components.common.mlflow_client import Metric, MlflowClient, MlflowException, Param, configure
from components.common.onnx_model import MODEL_FILE
from components.common.registry_address import Address
from components.register.candidate import Candidate
from components.register.database import check_database
from components.register.documents import PREDICTIONS_FILE, write_documents
from components.register.mlflow_model import describe
from components.register.model_card import model_card, shortened
from components.register.registry import CHALLENGER, CHAMPION, DIGEST, Version

log = logging.getLogger(__name__)

_FOLDER = "model"
_LONGEST_DESCRIPTION = 5000  # MLflow's column
_LONGEST_SETTING = 6000

# What the database says where two write at once, and how often it is asked again.
_COLLISIONS = ("BAD_REQUEST", "TEMPORARILY_UNAVAILABLE")
_SETTINGS = 4
_SECONDS_BETWEEN = 0.5


class MlflowRegistry:
    """See Registry."""

    def __init__(self, address: Address) -> None:
        self.uri = address.shown
        self._address = address
        configure()
        if address.database:
            check_database(address.database)
        with self._errors():
            self._client = MlflowClient(tracking_uri=address.uri, registry_uri=address.uri)

    def versions(self, name: str, tags: Mapping[str, str]) -> list[Version]:
        """See Registry."""
        wanted = " and ".join([f"name = '{name}'", *(f"tags.{key} = '{value}'" for key, value in tags.items())])
        with self._errors():
            found: list[str] = []
            page: Any = None
            while page is None or page.token:
                page = self._client.search_model_versions(wanted, page_token=page.token if page else None)
                found += [str(version.version) for version in page]
            # A search does not tell the aliases.
            return [self._version(name, number) for number in sorted(found, key=int)]

    def holder(self, name: str, alias: str) -> Version | None:
        """See Registry."""
        with self._errors():
            number = self._aliases(name).get(alias)
            return self._version(name, str(number)) if number is not None else None

    def test_predictions(self, version: Version) -> pd.DataFrame | None:
        """See Registry."""
        if DIGEST not in version.tags:
            return None
        with self._errors(), tempfile.TemporaryDirectory() as folder:
            held = self._client.get_model_version(version.name, version.version)
            file = self._client.download_artifacts(held.run_id, f"{_FOLDER}/{PREDICTIONS_FILE}", folder)
            return pd.read_parquet(file)

    def figures(self, version: Version) -> dict[str, float]:
        """See Registry."""
        with self._errors():
            held = self._client.get_model_version(version.name, version.version)
            return dict(self._client.get_run(held.run_id).data.metrics) if held.run_id else {}

    def create_version(self, name: str, candidate: Candidate) -> Version:
        """See Registry."""
        with self._errors():
            run = self._client.create_run(self._experiment(name), run_name=candidate.digest[:12])
            with self._finishing(run.info.run_id):
                self._upload(run.info.run_id, candidate)
            with _unless("RESOURCE_ALREADY_EXISTS"):
                self._client.create_registered_model(name)
            created = self._client.create_model_version(
                name,
                f"{run.info.artifact_uri}/{_FOLDER}",
                run_id=run.info.run_id,
                tags=candidate.tags(),
                description=shortened(model_card(candidate), _LONGEST_DESCRIPTION),
            )
            return self._version(name, str(created.version))

    def delete_version(self, version: Version) -> None:
        """See Registry."""
        with self._errors(), _unless("RESOURCE_DOES_NOT_EXIST"):
            self._client.delete_model_version(version.name, version.version)

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """See Registry."""
        with self._errors():
            for key, value in tags.items():
                _setting(partial(self._client.set_model_version_tag, version.name, version.version, key, value))

    def untag(self, version: Version, tag: str) -> None:
        """See Registry."""
        with self._errors(), _unless("RESOURCE_DOES_NOT_EXIST"):
            self._client.delete_model_version_tag(version.name, version.version, tag)

    def give_alias(self, version: Version, alias: str) -> None:
        """See Registry."""
        with self._errors():
            _setting(partial(self._client.set_registered_model_alias, version.name, alias, version.version))

    def _version(self, name: str, number: str) -> Version:
        held = self._client.get_model_version(name, number)
        alias = next((alias for alias in (CHAMPION, CHALLENGER) if alias in held.aliases), "")
        return Version(name, number, alias, dict(held.tags))

    def _aliases(self, name: str) -> dict[str, Any]:
        with _unless("RESOURCE_DOES_NOT_EXIST"):
            return dict(self._client.get_registered_model(name).aliases)
        return {}

    def _experiment(self, name: str) -> str:
        place = self._address.artifacts
        with _unless("RESOURCE_ALREADY_EXISTS"):
            return str(self._client.create_experiment(name, artifact_location=place.as_uri() if place else None))
        return str(self._client.get_experiment_by_name(name).experiment_id)

    def _upload(self, run_id: str, candidate: Candidate) -> None:
        log.info("uploading %.1f MB to %s", folder_bytes(candidate.folder) / 1e6, self.uri)
        with tempfile.TemporaryDirectory() as beside:
            describe(candidate.folder / MODEL_FILE, Path(beside))
            write_documents(candidate, Path(beside))
            self._client.log_artifacts(run_id, beside, _FOLDER)
        self._client.log_artifacts(run_id, str(candidate.folder), _FOLDER)
        now = int(time.time() * 1000)
        figures = {**candidate.metrics, **{f"robustness_{name}": value for name, value in candidate.robustness.items()}}
        metrics = [Metric(name, value, now, 0) for name, value in figures.items() if math.isfinite(value)]
        settings = candidate.provenance.settings.items()
        params = [Param(name, value[:_LONGEST_SETTING]) for name, value in settings]
        self._client.log_batch(run_id, metrics=metrics, params=params)

    @contextlib.contextmanager
    def _finishing(self, run_id: str) -> Iterator[None]:
        try:
            yield
        except Exception:
            with contextlib.suppress(Exception):
                self._client.set_terminated(run_id, "FAILED")
            raise
        self._client.set_terminated(run_id, "FINISHED")

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        # OSError: of the disk, and the base of those of the HTTP client.
        except (MlflowException, OSError, ArrowInvalid) as error:
            reason = str(error).replace(self._address.uri, self.uri)
            raise RegistryError(f"the registry {self.uri} failed: {reason}; {_hint(error)}") from error


@contextlib.contextmanager
def _unless(code: str) -> Iterator[None]:
    """Pass over MLflow's error of this code, which says that the state asked for is there already."""
    try:
        yield
    except MlflowException as error:
        if error.error_code != code:
            raise


def _setting(call: Callable[[], Any]) -> None:
    """Set a tag or an alias, again where another run sets it at the same time.

    MLflow looks whether there is a row, then inserts or updates it: of two that find none, one is refused.
    """
    for attempt in range(_SETTINGS):
        try:
            call()
            return
        except MlflowException as error:
            if attempt == _SETTINGS - 1 or error.error_code not in _COLLISIONS:
                raise
        time.sleep(attempt * _SECONDS_BETWEEN)


def _hint(error: Exception) -> str:
    code = getattr(error, "error_code", None)
    if code in ("UNAUTHENTICATED", "CUSTOMER_UNAUTHORIZED", "PERMISSION_DENIED"):
        return (
            "set MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, of one who may write"
        )
    return "check the address and that the registry is up; then run the stage again, which goes on where this one ended"
