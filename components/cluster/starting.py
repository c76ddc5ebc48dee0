"""Starting a run, once."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components.cluster.attempts import made_once
from components.cluster.connection import Cluster
from components.cluster.listing import all_named
from components.cluster.package import Package
from components.cluster.uploading import experiment_id, uploaded

_DIGITS = 8


@dataclass(frozen=True)
class Order:
    """What a run is to be."""

    name: str
    """That no other run has: a lost answer is made good by looking for it."""
    experiment: str
    parameters: Mapping[str, Any]
    service_account: str
    pipeline_root: str
    """Where the artifacts go; empty: where the server puts them."""


def run_name(package: Package, now: datetime) -> str:
    """Preset, time, the content's digest, and four digits by chance: of two runs of one second each has its own."""
    return f"{package.preset}-{now:%Y%m%d-%H%M%S}-{package.digest[:_DIGITS]}-{secrets.token_hex(2)}"


def start(cluster: Cluster, package: Package, order: Order) -> Any:
    """Upload the package if need be, and start a run of it, exactly once.

    Returns:
        The run, as KFP's client has it.

    Raises:
        ClusterError: the server refuses, or is down.
    """
    version = uploaded(cluster, package)
    experiment = experiment_id(cluster, order.experiment)
    with cluster.explained(f"start the run {order.name}"):
        return made_once(
            lambda: cluster.client.run_pipeline(
                experiment_id=experiment,
                job_name=order.name,
                params=dict(order.parameters),
                pipeline_id=version.pipeline_id,
                version_id=version.version_id,
                pipeline_root=order.pipeline_root or None,
                service_account=order.service_account or None,
            ),
            lambda: _find(cluster, experiment, order.name),
        )


def _find(cluster: Cluster, experiment: str, name: str) -> Any | None:
    return next(all_named(cluster.client.list_runs, "runs", name, experiment_id=experiment), None)
