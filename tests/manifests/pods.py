"""The pods that rendered objects make."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.manifests.rendering import Object

_TEMPLATES = ("Deployment", "StatefulSet", "DaemonSet", "Job")


@dataclass(frozen=True)
class Pod:
    """What an object makes pods of."""

    owner: str
    """`Kind/name` of the object."""
    labels: dict[str, str]
    spec: dict[str, Any]
    claims: tuple[str, ...] = ()
    """Names of the volumes that the object itself claims for them."""

    @property
    def containers(self) -> list[dict[str, Any]]:
        """All of them, those that run first too."""
        return [*self.spec.get("initContainers", []), *self.spec["containers"]]


def pods(objects: list[Object]) -> Iterator[Pod]:
    """One for each object that makes pods."""
    for one in objects:
        owner = f"{one['kind']}/{one['metadata']['name']}"
        if one["kind"] in _TEMPLATES:
            template = one["spec"]["template"]
            claims = tuple(claim["metadata"]["name"] for claim in one["spec"].get("volumeClaimTemplates", []))
            yield Pod(owner, template["metadata"]["labels"], template["spec"], claims)
        if one["kind"] == "InferenceService":
            # KServe puts the object's own labels on its pods; the predictor is a pod's spec and more.
            yield Pod(owner, one["metadata"]["labels"], one["spec"]["predictor"])
