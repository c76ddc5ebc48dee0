"""Recurring runs on the server, as a person would write them down."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import yaml
from kfp_server_api import RecurringRunMode, V2beta1RecurringRunStatus
from kfp_server_api.exceptions import ApiException

from components.cluster.attempts import made_once, repeated
from components.cluster.connection import Cluster
from components.cluster.listing import all_named, everything
from components.cluster.runs import FINISHED, state_of
from components.cluster.schedule_file import Schedule
from components.cluster.uploading import Version

_GONE = 404


@dataclass(frozen=True)
class Facts:
    """All of a recurring run that a file decides."""

    version: str
    """Of the pipeline: its name holds the content's digest."""
    experiment: str
    cron: str
    parameters: Mapping[str, Any]
    service_account: str
    pipeline_root: str
    max_concurrency: int
    catch_up: bool
    description: str

    def text(self, enabled: bool) -> str:
        """YAML, for a person to compare."""
        return yaml.safe_dump({"enabled": enabled, **asdict(self)}, sort_keys=False, allow_unicode=True)


@dataclass(frozen=True)
class Held:
    """A recurring run that the server has."""

    id: str
    created_at: datetime
    enabled: bool
    facts: Facts
    busy: bool
    """A run of it has not ended. To delete it would end that run: Kubernetes takes what a deleted object owns."""


def wanted(schedule: Schedule, version: str) -> Facts:
    """What a file wants, of a version of the pipeline."""
    return Facts(
        version=version,
        experiment=schedule.experiment,
        cron=schedule.cron,
        parameters=_plain(schedule.parameters),
        service_account=schedule.service_account,
        pipeline_root=schedule.pipeline_root,
        max_concurrency=schedule.max_concurrency,
        catch_up=schedule.catch_up,
        description=schedule.description,
    )


def held_of(cluster: Cluster, name: str) -> list[Held]:
    """All recurring runs of a name, which need not be unique on the server; the oldest first."""

    def page(**query: Any) -> Any:
        return cluster.client.list_recurring_runs(namespace=cluster.namespace, **query)

    found = all_named(page, "recurring_runs", name)
    return sorted((_held(cluster, one) for one in found), key=lambda held: (held.created_at, held.id))


def create(cluster: Cluster, schedule: Schedule, version: Version, experiment_id: str, known: set[str]) -> str:
    """Make a recurring run, disabled, exactly once; returns its id.

    Args:
        cluster: where.
        schedule: what it is to be.
        version: of the pipeline.
        experiment_id: of its experiment.
        known: ids of those of its name that there are.
    """

    def make() -> str:
        made = cluster.client.create_recurring_run(
            experiment_id=experiment_id,
            job_name=schedule.name,
            description=schedule.description or None,
            cron_expression=schedule.cron,
            max_concurrency=schedule.max_concurrency,
            no_catchup=not schedule.catch_up,
            params=dict(schedule.parameters),
            pipeline_id=version.pipeline_id,
            version_id=version.version_id,
            enabled=False,
            pipeline_root=schedule.pipeline_root or None,
            service_account=schedule.service_account or None,
        )
        return str(made.recurring_run_id)

    return made_once(
        make, lambda: next((one.id for one in held_of(cluster, schedule.name) if one.id not in known), None)
    )


def enable(cluster: Cluster, recurring_id: str) -> None:
    """Let it start runs."""
    repeated(lambda: cluster.client.enable_recurring_run(recurring_id))


def disable(cluster: Cluster, recurring_id: str) -> None:
    """Let it start no more runs; those that go on go on."""
    repeated(lambda: cluster.client.disable_recurring_run(recurring_id))


def delete(cluster: Cluster, recurring_id: str) -> None:
    """Delete it; nothing happens where it is gone."""
    try:
        cluster.client.delete_recurring_run(recurring_id)
    except ApiException as error:
        if error.status != _GONE:
            raise


def _held(cluster: Cluster, one: Any) -> Held:
    config = one.runtime_config
    facts = Facts(
        version=_version(cluster, one.pipeline_version_reference),
        experiment=_name(cluster.client.get_experiment, one.experiment_id),
        cron=(one.trigger and one.trigger.cron_schedule and one.trigger.cron_schedule.cron) or "",
        parameters=_plain((config and config.parameters) or {}),
        service_account=one.service_account or "",
        pipeline_root=(config and config.pipeline_root) or "",
        max_concurrency=int(one.max_concurrency or 1),
        catch_up=not one.no_catchup,
        description=one.description or "",
    )
    enabled = one.status == V2beta1RecurringRunStatus.ENABLED or (
        one.status is None and one.mode == RecurringRunMode.ENABLE
    )
    return Held(str(one.recurring_run_id), one.created_at, enabled, facts, _is_busy(cluster, one))


def _version(cluster: Cluster, reference: Any) -> str:
    if not reference or not reference.pipeline_version_id:
        return ""
    return _name(cluster.client.get_pipeline_version, reference.pipeline_id, reference.pipeline_version_id)


def _name(get: Callable[..., Any], *ids: str) -> str:
    try:
        return str(get(*ids).display_name)
    except ApiException as error:
        if error.status != _GONE:
            raise
        return f"deleted ({ids[-1]})"


def _is_busy(cluster: Cluster, one: Any) -> bool:
    try:
        runs = everything(cluster.client.list_runs, "runs", experiment_id=one.experiment_id)
        return any(run.recurring_run_id == one.recurring_run_id and state_of(run) not in FINISHED for run in runs)
    except ApiException as error:
        if error.status != _GONE:
            raise
        return False


def _plain(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """In the order of the names; the server keeps every number as a float."""
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in sorted(parameters.items())
    }
