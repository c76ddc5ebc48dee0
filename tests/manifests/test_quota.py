"""What runs at once fits into what the namespace may have."""

import math

import pytest

from components.plan.presets import PRESETS, Resources
from tests.manifests.pods import pods
from tests.manifests.quantities import quantity
from tests.manifests.references import claims
from tests.manifests.rendering import KSERVE, NAMESPACE, OVERLAYS, Object, named, of_kind

# KFP's launcher and Argo's executor beside a task have the limit range's defaults.
BESIDE = 2
TRAINING_PLATFORMS = ("gke", "onprem")


def most(objects: list[Object], owner: str) -> int:
    """How many pods of an owner there are at most."""
    kind, name = owner.split("/")
    if kind == "InferenceService":
        return named(objects, kind, name)["spec"]["predictor"]["maxReplicas"]
    scaled = [one["spec"] for one in of_kind(objects, "HorizontalPodAutoscaler")]
    (replicas,) = [one["maxReplicas"] for one in scaled if one["scaleTargetRef"] == _target(kind, name)] or [
        named(objects, kind, name)["spec"].get("replicas", 1)
    ]
    return int(replicas)


def _target(kind: str, name: str) -> Object:
    return {"apiVersion": "apps/v1", "kind": kind, "name": name}


def services(objects: list[Object], bound: str, resource: str) -> float:
    """What all services ask for, or may have, with as many pods as there are at most."""
    return sum(
        most(objects, one.owner) * quantity(container["resources"][bound][resource])
        for one in pods(objects)
        for container in one.containers
    )


def training(objects: list[Object], bound: str, resource: str) -> float:
    """What the study's trainings ask for, or may have, side by side."""
    (beside,) = named(objects, "LimitRange", NAMESPACE)["spec"]["limits"][:1]
    more = quantity(beside["defaultRequest" if bound == "requests" else "default"][resource])
    return sum(quantity(getattr(one, resource)) + BESIDE * more for one in trainings())


def trainings() -> list[Resources]:
    return [member.resources for member in PRESETS["paper"].members if member.resources]


@pytest.mark.parametrize("overlay", TRAINING_PLATFORMS)
@pytest.mark.parametrize("bound", ["requests", "limits"])
@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_three_trainings_and_the_service_at_its_largest_fit(manifests, overlay: str, bound: str, resource: str) -> None:
    objects = manifests(overlay)
    quota = quantity(named(objects, "ResourceQuota", NAMESPACE)["spec"]["hard"][f"{bound}.{resource}"])
    assert services(objects, bound, resource) + training(objects, bound, resource) <= quota


@pytest.mark.parametrize("overlay", ["local", KSERVE])
@pytest.mark.parametrize("bound", ["requests", "limits"])
@pytest.mark.parametrize("resource", ["cpu", "memory"])
def test_the_service_at_its_largest_fits(manifests, overlay: str, bound: str, resource: str) -> None:
    objects = manifests(overlay)
    quota = quantity(named(objects, "ResourceQuota", NAMESPACE)["spec"]["hard"][f"{bound}.{resource}"])
    assert 0 < services(objects, bound, resource) <= quota


@pytest.mark.parametrize("overlay", TRAINING_PLATFORMS)
def test_the_gpus_are_as_many_as_the_trainings_ask_for(manifests, overlay: str) -> None:
    quota = named(manifests(overlay), "ResourceQuota", NAMESPACE)["spec"]["hard"]["requests.nvidia.com/gpu"]
    assert int(quota) >= sum(member.gpus for member in PRESETS["paper"].members)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_volumes_fit(manifests, overlay: str) -> None:
    objects = manifests(overlay)
    hard = named(objects, "ResourceQuota", NAMESPACE)["spec"]["hard"]
    assert sum(quantity(one["spec"]["resources"]["requests"]["storage"]) for one in claims(objects)) <= quantity(
        hard["requests.storage"]
    )
    assert len(claims(objects)) <= int(hard["persistentvolumeclaims"])


@pytest.mark.parametrize("overlay", TRAINING_PLATFORMS)
def test_no_task_asks_for_more_than_a_container_may_have(manifests, overlay: str) -> None:
    most_of_one = named(manifests(overlay), "LimitRange", NAMESPACE)["spec"]["limits"][0]["max"]
    for asked in (*trainings(), *PRESETS["paper"].resources.values()):
        assert quantity(asked.cpu) <= quantity(most_of_one["cpu"])
        assert quantity(asked.memory) <= quantity(most_of_one["memory"])


@pytest.mark.parametrize(("text", "number"), [("250m", 0.25), ("2", 2), ("3Gi", 3 * 2**30), ("1Ti", 2**40), (4, 4)])
def test_quantities_are_read(text: str | int, number: float) -> None:
    assert math.isclose(quantity(text), number)
