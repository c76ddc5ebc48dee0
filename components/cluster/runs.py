"""Runs on the server: found, listed, told about."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from components.cluster.connection import Cluster
from components.cluster.listing import all_named, everything
from components.common.errors import ClusterError
from components.common.task_names import is_driver, own_task

FAILED = "FAILED"

FINISHED = ("SUCCEEDED", FAILED, "SKIPPED", "CANCELED")
"""States that a run does not leave."""

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Row = tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A task of the pipeline that has begun."""

    name: str
    state: str
    error: str = ""
    """What the server says of it; KFP 2.17 says nothing."""

    def __str__(self) -> str:
        return f"{self.name} ({self.error})" if self.error else self.name


def find_run(cluster: Cluster, name: str) -> Any:
    """A run, by its id or its name.

    Raises:
        ClusterError: there is none, or several have the name, or the server refuses or is down.
    """
    with cluster.explained(f"show the run {name}"):
        if _ID.fullmatch(name):
            return cluster.client.get_run(name)
        found = list(all_named(_lister(cluster), "runs", name))
        if len(found) == 1:
            return cluster.client.get_run(found[0].run_id)
    if not found:
        raise ClusterError(f"there is no run {name!r}: `pipeline.py runs` lists them")
    raise ClusterError(f"several runs are named {name!r}: give an id, {', '.join(str(one.run_id) for one in found)}")


def latest_runs(cluster: Cluster, count: int) -> list[Any]:
    """The youngest runs, the youngest first.

    Raises:
        ClusterError: the server refuses, or is down.
    """
    with cluster.explained("list the runs"):
        return list(islice(everything(_lister(cluster), "runs", sort_by="created_at desc"), count))


def _lister(cluster: Cluster) -> Any:
    def page(**query: Any) -> Any:
        return cluster.client.list_runs(namespace=cluster.namespace, **query)

    return page


def overview(runs: Sequence[Any], now: datetime) -> list[Row]:
    """A table of runs, its header first."""
    rows = [
        (run.display_name, state_of(run), _shown(_age(run, now)), _shown(_duration(run, now)), run.run_id)
        for run in runs
    ]
    return [("run", "state", "age", "duration", "id"), *rows]


def details(run: Any, now: datetime) -> list[Row]:
    """All of one run, as pairs; then its tasks."""
    config = run.runtime_config
    pairs: list[Row] = [
        ("run", run.display_name),
        ("id", run.run_id),
        ("state", state_of(run)),
        ("age", _shown(_age(run, now))),
        ("duration", _shown(_duration(run, now))),
        ("service account", run.service_account or ""),
        ("artifacts", (config and config.pipeline_root) or ""),
        *((f"parameter {name}", str(value)) for name, value in sorted(parameters_of(run).items())),
    ]
    if run.error and run.error.message:
        pairs.append(("error", run.error.message))
    pairs += [(f"task {task.name}", f"{task.state}: {task.error}".removesuffix(": ")) for task in tasks_of(run)]
    return [(name, value) for name, value in pairs if value]


def parameters_of(run: Any) -> dict[str, Any]:
    """What was given to the run; what was not has the pipeline's own value."""
    return dict((run.runtime_config and run.runtime_config.parameters) or {})


def state_of(one: Any) -> str:
    """The state of a run or a task in a word; what has just begun has none."""
    return str(one.state or "PENDING")


def tasks_of(run: Any) -> list[Task]:
    """The pipeline's tasks that have begun, or never will since their driver failed; each name once."""
    tasks: dict[str, Task] = {}
    for one in (run.run_details and run.run_details.task_details) or []:
        node = one.display_name or ""
        task = Task(own_task(node), state_of(one), (one.error and one.error.message) or "")
        failed_before = task.name in tasks and tasks[task.name].state == FAILED
        if task.name and not failed_before and (task.state == FAILED or not is_driver(node)):
            tasks[task.name] = task
    return list(tasks.values())


def _age(run: Any, now: datetime) -> timedelta | None:
    return now - run.created_at if run.created_at else None


def _duration(run: Any, now: datetime) -> timedelta | None:
    # The server may say of a run that goes on that it ended in 1970: so it is the state that tells.
    ended = run.finished_at if state_of(run) in FINISHED and run.finished_at else now
    return ended - run.created_at if run.created_at else None


def _shown(span: timedelta | None) -> str:
    """In the two largest units."""
    if span is None:
        return ""
    seconds = max(0, int(span.total_seconds()))
    parts = [(seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s")]
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    return " ".join(f"{count}{unit}" for count, unit in parts[first : first + 2])
