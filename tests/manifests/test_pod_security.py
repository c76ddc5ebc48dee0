"""Who is let in where "restricted" is enforced, and what else keeps a container small."""

import copy
from typing import Any

import pytest

from tests.manifests.pod_security import violations
from tests.manifests.pods import Pod, pods
from tests.manifests.rendering import ALL, GPU, NAMESPACE, OVERLAYS, Object, named

# Pods that break the standard, where they run, and why.
NOT_RESTRICTED = {
    "DaemonSet/nvidia-device-plugin": ["volume device-plugins: hostPath", "nvidia-device-plugin: runAsNonRoot"],
}


def pod(objects: list[Object], owner: str) -> dict[str, Any]:
    (found,) = (one.spec for one in pods(objects) if one.owner == owner)
    return copy.deepcopy(found)


@pytest.mark.parametrize("overlay", ALL)
def test_every_pod_is_restricted_but_those_that_are_named(manifests, overlay: str) -> None:
    found = {one.owner: broken for one in pods(manifests(overlay)) if (broken := violations(one.spec))}
    assert found == (NOT_RESTRICTED if overlay == GPU else {})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_namespace_lets_in_nothing_else(manifests, overlay: str) -> None:
    labels = named(manifests(overlay), "Namespace", NAMESPACE)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"


def test_what_is_not_restricted_has_a_namespace_of_its_own(manifests) -> None:
    assert {one["metadata"]["namespace"] for one in manifests(GPU) if one["kind"] == "DaemonSet"} == {
        "nvidia-device-plugin"
    }


@pytest.mark.parametrize("overlay", ALL)
def test_every_root_file_system_is_read_only(manifests, overlay: str) -> None:
    assert [one.owner for one in pods(manifests(overlay)) if not all(map(_read_only, one.containers))] == []


@pytest.mark.parametrize("overlay", ALL)
def test_every_container_says_what_it_needs_and_what_it_may_have(manifests, overlay: str) -> None:
    assert [(one.owner, lack) for one in pods(manifests(overlay)) if (lack := unbounded(one))] == []


@pytest.mark.parametrize("overlay", ALL)
def test_no_pod_has_a_token_that_it_does_not_need(manifests, overlay: str) -> None:
    assert [one.owner for one in pods(manifests(overlay)) if one.spec.get("automountServiceAccountToken", True)] == []


@pytest.mark.parametrize(
    ("change", "refused"),
    [
        (lambda spec: spec.update(hostNetwork=True), "hostNetwork"),
        (lambda spec: spec["volumes"].append({"name": "node", "hostPath": {"path": "/"}}), "volume node: hostPath"),
        (lambda spec: spec["securityContext"].pop("runAsNonRoot"), "cad: runAsNonRoot"),
        (lambda spec: spec["securityContext"].pop("seccompProfile"), "cad: seccompProfile"),
        (lambda spec: spec["securityContext"].update(runAsUser=0), "runAsUser 0"),
        (lambda spec: spec["containers"][0].pop("securityContext"), "cad: allowPrivilegeEscalation"),
        (lambda spec: _context(spec).pop("capabilities"), "cad: capabilities are not dropped"),
        (lambda spec: _context(spec)["capabilities"].update(add=["NET_ADMIN"]), "cad: capabilities NET_ADMIN"),
        (lambda spec: _context(spec).update(privileged=True), "cad: privileged"),
        (lambda spec: spec["containers"][0]["ports"][0].update(hostPort=80), "cad: hostPort"),
        (lambda spec: spec.update(initContainers=[{"name": "first"}]), "first: allowPrivilegeEscalation"),
    ],
)
def test_a_pod_that_breaks_a_control_is_found(manifests, change, refused: str) -> None:
    spec = pod(manifests("local"), "Deployment/cad")
    change(spec)
    assert refused in violations(spec)


def test_a_container_without_a_limit_is_found(manifests) -> None:
    spec = pod(manifests("local"), "Deployment/cad")
    del spec["containers"][0]["resources"]["limits"]["memory"]
    assert unbounded(Pod("Deployment/cad", {}, spec)) == ["cad: limits memory"]


def unbounded(one: Pod) -> list[str]:
    return [
        f"{container['name']}: {bound} {resource}"
        for container in one.containers
        for bound in ("requests", "limits")
        for resource in ("cpu", "memory")
        if resource not in container.get("resources", {}).get(bound, {})
    ]


def _context(spec: dict[str, Any]) -> dict[str, Any]:
    return spec["containers"][0]["securityContext"]


def _read_only(container: dict[str, Any]) -> bool:
    return bool(container.get("securityContext", {}).get("readOnlyRootFilesystem"))
