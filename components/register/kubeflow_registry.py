"""Kubeflow Model Registry, behind `Registry`.

It keeps no files and knows no aliases. So a version's artifact names the place where the pipeline left the model; tags
are custom properties of versions; the champion is one of the registered model, moved by one request; a challenger is
the youngest version that says so of itself.
"""

import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd

from components.common.errors import DataError
from components.common.registry_address import KUBEFLOW, Address
from components.register.candidate import Candidate, test_predictions
from components.register.kubeflow_api import KubeflowApi, Resource
from components.register.model_card import model_card
from components.register.registry import CHALLENGER, CHAMPION, Version

_ALIAS, _PREDICTIONS, _THRESHOLD = "alias", "predictions_uri", "malignant_threshold"
_FIGURE = "test_"
_LIVE, _ARCHIVED = "LIVE", "ARCHIVED"

log = logging.getLogger(__name__)


class KubeflowRegistry:
    """See Registry.

    Args:
        address: of the registry.
        token: a bearer token, or empty.
        timeout: see KubeflowApi; None takes its own.
    """

    def __init__(self, address: Address, token: str = "", timeout: tuple[float, float] | None = None) -> None:
        self.uri = address.shown
        options = {"timeout": timeout} if timeout else {}
        self._api = KubeflowApi(address.uri.removeprefix(KUBEFLOW), self.uri, token, **options)

    def versions(self, name: str, tags: Mapping[str, str]) -> list[Version]:
        """See Registry."""
        model = self._api.find("/registered_model", name=name)
        return [found for found in self._versions(model) if tags.items() <= found.tags.items()] if model else []

    def holder(self, name: str, alias: str) -> Version | None:
        """See Registry."""
        return next((version for version in reversed(self.versions(name, {})) if version.alias == alias), None)

    def test_predictions(self, version: Version) -> pd.DataFrame | None:
        """See Registry: read where the pipeline left them, if they are still there."""
        if not {_PREDICTIONS, _THRESHOLD} <= version.tags.keys():
            return None
        try:
            return test_predictions(version.tags[_PREDICTIONS], float(version.tags[_THRESHOLD]))
        except DataError as error:
            log.warning("%s, version %s: %s", version.name, version.version, error)
            return None

    def figures(self, version: Version) -> dict[str, float]:
        """See Registry: those with intervals, the values alone."""
        return {name: float(told.split()[0]) for name, told in version.tags.items() if name.startswith(_FIGURE)}

    def create_version(self, name: str, candidate: Candidate) -> Version:
        """See Registry. The digest, by which it is found, comes after the artifact: what is found is complete."""
        model_path = f"/registered_models/{self._model(name)['id']}"
        wanted = {"name": candidate.digest[:12], "registeredModelId": model_path.rpartition("/")[2], "state": _LIVE}
        made = self._api.create(f"{model_path}/versions", {**wanted, "description": model_card(candidate)})
        held = made or next(one for one in self._api.all(f"{model_path}/versions") if one["name"] == wanted["name"])
        artifact = {
            "artifactType": "model-artifact",
            "name": wanted["name"],
            "uri": candidate.provenance.model_uri,
            "modelFormatName": "onnx",
        }
        self._api.create(f"/model_versions/{held['id']}/artifacts", artifact)
        version = Version(name, str(held["id"]), "", {})
        self.tag(version, {**_figures(candidate), **candidate.tags()})
        return next(one for one in self.versions(name, {}) if one.version == version.version)

    def delete_version(self, version: Version) -> None:
        """See Registry: archived, for nothing is deleted there."""
        self._api.change(f"/model_versions/{version.version}", {"state": _ARCHIVED})

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """See Registry."""
        path = f"/model_versions/{version.version}"
        held = (self._api.find(path) or {}).get("customProperties", {})
        self._api.change(path, {"customProperties": {**held, **_properties(tags)}})

    def untag(self, version: Version, tag: str) -> None:
        """See Registry: emptied, for a property may stay where a change leaves it out."""
        self.tag(version, {tag: ""})

    def give_alias(self, version: Version, alias: str) -> None:
        """See Registry."""
        if alias == CHALLENGER:
            self.tag(version, {_ALIAS: CHALLENGER})
            return
        model = self._model(version.name)
        held = model.get("customProperties", {})
        properties = {**held, **_properties({CHAMPION: version.version})}
        self._api.change(f"/registered_models/{model['id']}", {"customProperties": properties})

    def _model(self, name: str) -> Resource:
        found = self._api.find("/registered_model", name=name) or self._api.create("/registered_models", {"name": name})
        # None of both: another run has just made it.
        return found or self._api.find("/registered_model", name=name) or {}

    def _versions(self, model: Resource) -> list[Version]:
        champion = _tags(model).get(CHAMPION)
        found = []
        for held in self._api.all(f"/registered_models/{model['id']}/versions"):
            number, tags = str(held["id"]), _tags(held)
            alias = CHAMPION if number == champion else tags.get(_ALIAS, "")
            if held.get("state") != _ARCHIVED:
                found.append(Version(model["name"], number, alias, tags))
        return sorted(found, key=lambda version: int(version.version))


def _figures(candidate: Candidate) -> dict[str, str]:
    """What other registries keep as metrics and files."""
    rows = candidate.figures.itertuples()
    figures = {f"{_FIGURE}{row.figure}": f"{row.value:.4f} {row.low:.4f} {row.high:.4f}" for row in rows}
    gates = {f"gate: {gate.name}": str(gate) for gate in candidate.gates}
    settings = {f"setting: {name}": value for name, value in candidate.provenance.settings.items() if value}
    places = {_PREDICTIONS: candidate.provenance.predictions_uri, _THRESHOLD: str(candidate.metrics[_THRESHOLD])}
    return {**figures, **gates, **settings, **places}


def _properties(tags: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {name: {"metadataType": "MetadataStringValue", "string_value": value} for name, value in tags.items()}


def _tags(resource: Resource) -> dict[str, str]:
    held = resource.get("customProperties") or {}
    return {name: one["string_value"] for name, one in held.items() if one.get("string_value")}
