"""GPU node pools: which nodes a training may run on, as data.

On GKE each accelerator has a pool on demand and a pool of spot machines. A pool file adds others, such as those of a
cluster of one's own: `manifests/overlays/onprem/pools.yaml`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from components.plan.settings_file import read_settings_file

# On spot nodes as a label, by GKE; as a taint, by whoever makes the pool, so that nothing lands there by accident.
_SPOT = "cloud.google.com/gke-spot"
_ACCELERATOR = "cloud.google.com/gke-accelerator"
_GPU = "nvidia.com/gpu"

# What the scheduler gives a node that is only preferred over others that fit as well.
_WEIGHT = 100

Positive = Annotated[int, Field(ge=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Pool(_Frozen):
    """Nodes that are alike. What follows is of one machine."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    gpu: str
    """The GPU's name: prices and throughputs are kept by it."""
    labels: Annotated[dict[str, str], Field(min_length=1)]
    """Every node has all of these, and no other node has."""
    taints: tuple[str, ...] = ()
    """Keys of the taints that keep other pods off."""
    preferred: dict[str, str] = {}
    """Labels of the nodes to take first; where none is free, one without them will do."""
    spot: bool = False
    """Whether its machines may be taken away at any time."""
    resource: str = _GPU
    """Kubernetes' name of the GPUs."""
    gpu_memory: Annotated[float, Field(gt=0)]
    """GiB of one GPU."""
    bandwidth: Annotated[float, Field(gt=0)] | None = None
    """GB/s of one GPU's memory, as its maker states; only the estimate of costs wants it."""
    cpus: Positive
    """For each GPU."""
    memory: Annotated[float, Field(gt=0)]
    """GiB of the host, for each GPU."""
    most_gpus: Positive
    """Of the largest machine."""


class Placement(_Frozen):
    """Where a task runs, and on how many GPUs."""

    pool: Pool
    gpus: Positive = 1

    def affinity(self) -> dict[str, Any]:
        """Kubernetes' NodeAffinity, as JSON."""
        affinity: dict[str, Any] = {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [{"matchExpressions": _expressions(self.pool.labels)}]
            }
        }
        if self.pool.preferred:
            affinity["preferredDuringSchedulingIgnoredDuringExecution"] = [
                {"weight": _WEIGHT, "preference": {"matchExpressions": _expressions(self.pool.preferred)}}
            ]
        return affinity

    def tolerations(self) -> list[dict[str, str]]:
        """Kubernetes' Tolerations, as JSON."""
        return [{"key": key, "operator": "Exists", "effect": "NoSchedule"} for key in self.pool.taints]


def _expressions(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "operator": "In", "values": [value]} for key, value in labels.items()]


def _on_gke(name: str, gpu: str, accelerator: str, **machine: Any) -> tuple[Pool, Pool]:
    """A pool on demand; and one that takes spot nodes first, and those on demand where there are none."""
    labels = {_ACCELERATOR: accelerator}
    return (
        Pool(name=name, gpu=gpu, labels=labels, taints=(_GPU,), **machine),
        Pool(
            name=f"{name}-spot",
            gpu=gpu,
            labels=labels,
            taints=(_GPU, _SPOT),
            preferred={_SPOT: "true"},
            spot=True,
            **machine,
        ),
    )


# As manifests/overlays/gke/cluster.sh makes them: machines g2-standard-12, -24, -48 and a2-highgpu-1g, -2g, -4g.
POOLS: dict[str, Pool] = {
    pool.name: pool
    for pool in (
        *_on_gke("l4", "L4", "nvidia-l4", gpu_memory=22.5, bandwidth=300.0, cpus=12, memory=44.0, most_gpus=4),
        *_on_gke(
            "a100", "A100", "nvidia-tesla-a100", gpu_memory=40.0, bandwidth=1555.0, cpus=12, memory=79.0, most_gpus=4
        ),
    )
}


class _PoolFile(_Frozen):
    pools: tuple[Pool, ...]


def read_pools(file: Path | None) -> dict[str, Pool]:
    """The pools of GKE, and those of a file: one of the same name takes the other's place.

    Raises:
        SettingsError: with the file and the field.
    """
    if file is None:
        return POOLS
    return POOLS | {pool.name: pool for pool in read_settings_file(file, _PoolFile).pools}
