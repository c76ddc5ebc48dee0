"""Pipelines, versions and experiments on the server: found by name, made where they are not there."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kfp_server_api import V2beta1Experiment, V2beta1ExperimentStorageState, V2beta1Pipeline

from components.cluster.attempts import made_once
from components.cluster.connection import Cluster
from components.cluster.listing import all_named
from components.cluster.package import Package
from components.common.errors import ClusterError


@dataclass(frozen=True)
class Version:
    """A pipeline's version on the server."""

    pipeline_id: str
    version_id: str
    name: str


def uploaded(cluster: Cluster, package: Package) -> Version:
    """Upload a package, unless the server has this very content.

    Raises:
        ClusterError: the server refuses, or is down.
    """
    with cluster.explained(f"keep the pipeline {package.name}, version {package.version}"):
        pipeline = find_pipeline(cluster, package.name) or made_once(
            lambda: _make_pipeline(cluster, package.name), lambda: find_pipeline(cluster, package.name)
        )
        return find_version(cluster, pipeline, package.version) or made_once(
            lambda: _make_version(cluster, pipeline, package), lambda: find_version(cluster, pipeline, package.version)
        )


def find_pipeline(cluster: Cluster, name: str) -> str | None:
    """The id of a pipeline."""
    found = all_named(cluster.client.list_pipelines, "pipelines", name, namespace=cluster.namespace)
    return next((str(one.pipeline_id) for one in found), None)


def find_version(cluster: Cluster, pipeline_id: str, name: str) -> Version | None:
    """A version of a pipeline, by its name."""
    found = all_named(cluster.client.list_pipeline_versions, "pipeline_versions", name, pipeline_id=pipeline_id)
    return next((Version(pipeline_id, str(one.pipeline_version_id), name) for one in found), None)


def _make_pipeline(cluster: Cluster, name: str) -> str:
    """The id of the pipeline, made without a version: an upload would call its first version after the pipeline."""
    body = V2beta1Pipeline(display_name=name, name=name, namespace=cluster.namespace)
    return str(cluster.client.pipelines.pipeline_service_create_pipeline(body).pipeline_id)


def _make_version(cluster: Cluster, pipeline_id: str, package: Package) -> Version:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pipeline.yaml"
        file.write_text(package.text, encoding="utf-8")
        made = cluster.client.upload_pipeline_version(str(file), package.version, pipeline_id=pipeline_id)
    return Version(pipeline_id, str(made.pipeline_version_id), package.version)


def experiment_id(cluster: Cluster, name: str) -> str:
    """The id of an experiment, which is made where there is none.

    Raises:
        ClusterError: it is archived, or the server refuses or is down.
    """
    with cluster.explained(f"give the experiment {name}"):
        found = find_experiment(cluster, name) or made_once(
            lambda: _make_experiment(cluster, name),
            lambda: find_experiment(cluster, name),
        )
    if found.storage_state == V2beta1ExperimentStorageState.ARCHIVED:
        raise ClusterError(f"the experiment {name} is archived: restore it on its page, or give another --experiment")
    return str(found.experiment_id)


def find_experiment(cluster: Cluster, name: str) -> Any | None:
    """An experiment, by its name."""
    found = all_named(cluster.client.list_experiments, "experiments", name, namespace=cluster.namespace)
    return next(found, None)


def _make_experiment(cluster: Cluster, name: str) -> Any:
    """KFP's `create_experiment` would take one whose name differs in capitals."""
    body = V2beta1Experiment(display_name=name, namespace=cluster.namespace)
    return cluster.client.experiments.experiment_service_create_experiment(body)
