"""Which images run: pinned, and set in one place."""

import re

import pytest

from components.local.images import REPOSITORY
from tests.manifests.pods import pods
from tests.manifests.rendering import ALL, MANIFESTS, OVERLAYS, Object, named

_PINNED = re.compile(
    r"[a-z0-9][a-z0-9.-]*[a-z0-9](:\d+)?(/[a-z0-9._-]+)+:(?!latest)[A-Za-z0-9_][A-Za-z0-9._-]*\d[A-Za-z0-9._-]*"
)


def images(objects: list[Object]) -> set[str]:
    return {container["image"] for one in pods(objects) for container in one.containers}


@pytest.mark.parametrize("overlay", ALL)
def test_every_image_has_a_registry_and_a_version(manifests, overlay: str) -> None:
    assert [image for image in images(manifests(overlay)) if not _PINNED.fullmatch(image)] == []


@pytest.mark.parametrize(
    "image", ["cad", "localhost/cad", "docker.io/library/postgres:latest", "postgres:17", "a.b/c:x"]
)
def test_an_image_without_either_is_found(image: str) -> None:
    assert not _PINNED.fullmatch(image)


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_image_of_the_service_is_set_once(manifests, overlay: str) -> None:
    text = (MANIFESTS / "overlays" / overlay / "kustomization.yaml").read_text(encoding="utf-8")
    assert len(re.findall(r"^  - name: cad\n    newName: \S+\n    newTag: \S+$", text, re.MULTILINE)) == 1
    (container,) = named(manifests(overlay), "Deployment", "cad")["spec"]["template"]["spec"]["containers"]
    assert container["image"] in {f"{name}:{tag}" for name, tag in re.findall(r"newName: (\S+)\n *newTag: (\S+)", text)}


def test_mlflows_server_has_the_version_of_its_clients(manifests) -> None:
    (locked,) = re.findall(
        r"^mlflow==(\S+)", (REPOSITORY / "images/register/requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert f"ghcr.io/mlflow/mlflow:v{locked}-full" in images(manifests("gke"))
