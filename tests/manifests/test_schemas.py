"""Every object is what its kind's schema allows, and nothing that it does not know."""

import copy
import json
from collections.abc import Iterable

import kubernetes_validate
import pytest
from pydantic import ValidationError

from tests.manifests.custom import MODELS, InferenceService, PodDefault
from tests.manifests.rendering import ALL, KSERVE, Object, named

# The oldest and the newest Kubernetes that they are for.
VERSIONS = ("1.32", "1.36")


@pytest.fixture(scope="module")
def distinct(manifests) -> list[Object]:
    """The objects of all overlays, each once: most are the same in several, and a schema takes its time."""
    found = {json.dumps(one, sort_keys=True): one for overlay in ALL for one in manifests(overlay)}
    return list(found.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_every_object_is_as_kubernetes_has_it(distinct: list[Object], version: str) -> None:
    for one in distinct:
        if one["kind"] not in MODELS:
            kubernetes_validate.validate(one, version, strict=True)


def test_every_object_of_another_kind_is_as_its_documentation_has_it(distinct: list[Object]) -> None:
    kinds = {one["kind"] for one in distinct}
    assert set(MODELS) <= kinds, "a model that nothing needs"
    for one in distinct:
        if one["kind"] in MODELS:
            check(one)


def test_a_field_that_kubernetes_does_not_know_is_found(manifests) -> None:
    changed = copy.deepcopy(named(manifests("local"), "Deployment", "cad"))
    changed["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError, match="readynessProbe"):
        kubernetes_validate.validate(changed, VERSIONS[0], strict=True)


def test_a_kind_that_nobody_knows_is_no_warning_but_an_error() -> None:
    with pytest.raises(kubernetes_validate.SchemaNotFoundError):
        kubernetes_validate.validate({"apiVersion": "example.com/v1", "kind": "Unknown"}, VERSIONS[0], strict=True)


@pytest.mark.parametrize(
    ("overlay", "kind", "path", "value"),
    [
        ("gke", "ServiceMonitor", ["spec", "endpoints", 0, "intervall"], "30s"),
        ("gke", "ServiceMonitor", ["spec", "endpoints", 0, "interval"], 30),
        ("gke", "PrometheusRule", ["spec", "groups", 0, "rules", 0, "for"], "two minutes"),
        (KSERVE, "InferenceService", ["spec", "predictor", "minReplicas"], "two"),
        ("gke", "VirtualService", ["spec", "http", 0, "route", 0, "destination", "port", "number"], 0),
    ],
)
def test_what_the_documentation_does_not_allow_is_found(manifests, overlay: str, kind: str, path, value) -> None:
    (changed,) = (copy.deepcopy(one) for one in manifests(overlay) if one["kind"] == kind)
    _put(changed, path, value)
    with pytest.raises(ValidationError):
        check(changed)


def check(one: Object) -> None:
    """Look at an object of a kind that Kubernetes does not know."""
    read = MODELS[one["kind"]].model_validate(one)
    if isinstance(read, InferenceService | PodDefault):
        kubernetes_validate.validate(read.pod(), VERSIONS[0], strict=True)


def _put(within, path: Iterable[str | int], value) -> None:
    *steps, last = path
    for step in steps:
        within = within[step]
    within[last] = value
