"""Following a run to its end."""

import logging
import time
from collections.abc import Callable
from typing import Any

from kfp_server_api.exceptions import ApiException
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_fixed

from components.cluster.attempts import is_transient
from components.cluster.connection import Cluster
from components.cluster.runs import FAILED, FINISHED, state_of, tasks_of
from components.common.errors import ClusterError

log = logging.getLogger(__name__)

POLL_SECONDS = 20.0
OUTAGE_SECONDS = 1800.0
"""How long the server may be away, over an upgrade of the cluster for instance, while a run goes on for days."""

_UNAUTHORIZED = 401


def follow(connect: Callable[[], Cluster], run_id: str) -> Any:
    """Log each change of a task's state until the run has ended.

    KFP's client has `wait_for_run_completion`; it says nothing meanwhile, and waits for ever for a cancelled run.

    Args:
        connect: opens a connection; again where a token has expired meanwhile.
        run_id: of the run.

    Returns:
        The run, as KFP's client has it.

    Raises:
        ClusterError: the server refuses, or stays away.
    """
    cluster, told = connect(), dict[str, str]()
    while True:
        cluster, run = _asked(cluster, connect, run_id)
        for task in tasks_of(run):
            if told.get(task.name) != task.state:
                told[task.name] = task.state
                log.info("%s: %s", task.name, task.state)
        if state_of(run) in FINISHED:
            return run
        time.sleep(POLL_SECONDS)


def check_success(run: Any) -> None:
    """Raise ClusterError, with the tasks that failed, if the run did not succeed."""
    if state_of(run) == "SUCCEEDED":
        return
    failed = [str(task) for task in tasks_of(run) if task.state == FAILED]
    said = [run.error.message] if run.error and run.error.message else []
    reasons = "; ".join([*(["failed: " + ", ".join(failed)] if failed else []), *said])
    raise ClusterError(
        f"the run {run.display_name} ended {state_of(run)}{': ' + reasons if reasons else ''}; the log of each task is "
        "on the run's page"
    )


def _asked(cluster: Cluster, connect: Callable[[], Cluster], run_id: str) -> tuple[Cluster, Any]:
    with cluster.explained(f"show the run {run_id}"):
        try:
            return cluster, _patiently(cluster, run_id)
        except ApiException as error:
            if error.status != _UNAUTHORIZED:
                raise
    cluster = connect()
    with cluster.explained(f"show the run {run_id}"):
        return cluster, _patiently(cluster, run_id)


def _patiently(cluster: Cluster, run_id: str) -> Any:
    waiting = Retrying(
        retry=retry_if_exception(is_transient),
        wait=wait_fixed(POLL_SECONDS),
        stop=stop_after_delay(OUTAGE_SECONDS),
        reraise=True,
    )
    return waiting(cluster.client.get_run, run_id)
