"""The figures of a run: where a cluster keeps them, and how they are read.

KFP 2.17's API does not give them: a task's `outputs` are empty (kubeflow/pipelines issue 9858), and its client knows no
artifacts. They are read from what the stages leave: the files below the run's pipeline root, where that is a bucket or
a folder that can be read from here; or else from the model registry, where `register` puts them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from components.cluster.connection import Cluster
from components.cluster.runs import parameters_of, state_of
from components.common.bucket import GCS_SCHEME
from components.common.errors import ClusterError, DataError, PipelineError
from components.common.storage import open_store
from components.common.store import Store

Figure = float | str | None

# Files of scalars, by task: the prefix of their names, as the registry has it.
_METRICS = {"evaluate": "", "robustness": "robustness_"}
_REGISTRATION = ("version", "alias")


@dataclass(frozen=True)
class Measured:
    """A run and its figures."""

    run: str
    state: str
    figures: Mapping[str, Figure] = field(default_factory=dict)
    note: str = ""
    """Why there are none."""


def measured(cluster: Cluster, run: Any, registry: str = "") -> Measured:
    """Read a run's figures; what stands in the way is the note.

    Args:
        cluster: where the run was.
        run: as KFP's client has it.
        registry: address of the model registry as seen from here; empty: the run's own.
    """
    try:
        figures = _figures(run, _spec(cluster, run), registry)
    except PipelineError as error:
        return Measured(run.display_name, state_of(run), note=str(error))
    return Measured(run.display_name, state_of(run), figures, "" if figures else "neither evaluated nor registered")


def _figures(run: Any, spec: Mapping[str, Any], registry: str) -> dict[str, Figure]:
    root = (run.runtime_config and run.runtime_config.pipeline_root) or ""
    if root.startswith((GCS_SCHEME, "/")) and not registry:
        return _from_files(open_store(root), f"{spec['pipelineInfo']['name']}/{run.run_id}")
    defaults = {name: one.get("defaultValue") for name, one in spec["root"]["inputDefinitions"]["parameters"].items()}
    values = {**defaults, **parameters_of(run)}
    return _from_registry(registry or str(values["registry"]), str(values["model_name"]), str(run.run_id))


def _spec(cluster: Cluster, run: Any) -> dict[str, Any]:
    """The pipeline's spec; the server gives it together with the platform's where there is one."""
    held, version = run.pipeline_spec, run.pipeline_version_reference
    with cluster.explained(f"show the pipeline of {run.display_name}"):
        if not held and version:
            held = cluster.client.get_pipeline_version(version.pipeline_id, version.pipeline_version_id).pipeline_spec
    if not held:
        raise ClusterError(f"{cluster.client.address} does not tell the pipeline of {run.display_name}")
    return dict(held.get("pipeline_spec", held))


def _from_files(store: Store, folder: str) -> dict[str, Figure]:
    """What lies below `<root>/<pipeline>/<run>/<task>/<of the attempt>/<artifact>`."""
    figures: dict[str, Figure] = {}
    for task, prefix in _METRICS.items():
        figures |= {f"{prefix}{name}": value for name, value in _held(store, f"{folder}/{task}", "metrics").items()}
    registered = _held(store, f"{folder}/register", "registration")
    return figures | {name: registered[name] for name in _REGISTRATION if name in registered}


def _held(store: Store, folder: str, artifact: str) -> dict[str, Any]:
    files = [name for name in store.names(folder) if name.rpartition("/")[2] == artifact]
    if not files:
        return {}
    try:
        return dict(json.loads(store.read(files[-1])))
    except (ValueError, TypeError) as error:
        raise DataError(f"{store.uri}/{files[-1]} is not the JSON object that the stage writes: {error}") from error


def _from_registry(address: str, model: str, run_id: str) -> dict[str, Figure]:
    # MLflow takes seconds to import.
    from components.common.registry_address import parse_address
    from components.register.connecting import connect

    registry = connect(parse_address(address))
    versions = registry.versions(model, {"pipeline_run_id": run_id})
    if not versions:
        raise ClusterError(
            f"the registry {registry.uri} holds no version of {model} from this run: it did not get so far, or its "
            "model was registered by an earlier run"
        )
    latest = versions[-1]
    return {**registry.figures(latest), "version": latest.version, "alias": latest.alias or "none"}
