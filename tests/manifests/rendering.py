"""The manifests as kustomize renders them."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from components.local.images import REPOSITORY

Object = dict[str, Any]
"""A Kubernetes object."""

MANIFESTS = REPOSITORY / "manifests"
NAMESPACE = "skin-lesion"
OVERLAYS = ("gke", "onprem", "local")
GPU = "onprem/gpu"

KSERVE = "gke-kserve"
"""The overlay gke with KServe's object in place of the Deployment."""

ALL = (*OVERLAYS, KSERVE, GPU)

_KUBECTL = Path(sys.executable).with_name("kubectl")  # the locked one, of this environment


def composed(folder: Path, overlay: str, *components: str) -> list[Object]:
    """The objects of an overlay with further components, as an operator adds them.

    Args:
        folder: an empty one, to write the kustomization to.
        overlay: its name.
        components: names below manifests/components.
    """
    from_here = os.path.relpath(MANIFESTS.resolve(), folder.resolve())
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "namespace": NAMESPACE,
        "resources": [f"{from_here}/overlays/{overlay}"],
        "components": [f"{from_here}/components/{name}" for name in components],
    }
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), encoding="utf-8")
    return render(folder)


def render(folder: Path) -> list[Object]:
    """What kustomize makes of a folder."""
    done = subprocess.run([_KUBECTL, "kustomize", folder], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "", "kustomize warns"
    return list(yaml.load_all(done.stdout, yaml.CSafeLoader))


def named(objects: list[Object], kind: str, name: str) -> Object:
    """The one object of that kind and name."""
    (found,) = (one for one in objects if one["kind"] == kind and one["metadata"]["name"] == name)
    return found


def of_kind(objects: list[Object], *kinds: str) -> list[Object]:
    """The objects of these kinds."""
    return [one for one in objects if one["kind"] in kinds]
