"""Which tasks of a run failed, and why: KFP's API (v2beta1) knows, and the exit task is not told."""

import logging
from collections.abc import Sequence
from datetime import datetime

import requests
from pydantic import BaseModel, ValidationError

from components.common.task_names import WATCHED, own_task
from components.notify.ending import Details, Failure

log = logging.getLogger(__name__)

_TIMEOUT = (3.0, 10.0)


class _Error(BaseModel):
    message: str = ""


class _Task(BaseModel):
    display_name: str = ""
    state: str = ""
    error: _Error | None = None


class _Tasks(BaseModel):
    task_details: list[_Task] = []


class _Run(BaseModel):
    created_at: datetime | None = None
    error: _Error | None = None
    run_details: _Tasks | None = None


def read_details(api: str, run_id: str) -> Details | None:
    """Ask KFP's API; None, and a line in the log, where it does not answer as it should.

    Args:
        api: its address, such as http://ml-pipeline.kubeflow:8888.
        run_id: of the run.
    """
    url = f"{api.rstrip('/')}/apis/v2beta1/runs/{run_id}"
    try:
        response = requests.get(url, timeout=_TIMEOUT, allow_redirects=False)
        if response.status_code != requests.codes.ok:
            log.warning("%s answers %d: the message is sent without details", url, response.status_code)
            return None
        run = _Run.model_validate_json(response.content)
    except (requests.RequestException, ValidationError) as error:
        log.warning("%s: the message is sent without details: %.300s", url, error)
        return None
    tasks = run.run_details.task_details if run.run_details else []
    return Details(
        began=run.created_at.timestamp() if run.created_at else None,
        failures=_failures(tasks),
        error=run.error.message if run.error else "",
        state=next((task.state for task in tasks if task.display_name == WATCHED), ""),
    )


def _failures(tasks: Sequence[_Task]) -> list[Failure]:
    """The tasks that failed themselves, each name once; not the groups that failed with them."""
    failures: dict[str, Failure] = {}
    for task in tasks:
        name, error = own_task(task.display_name), task.error.message if task.error else ""
        if task.state == "FAILED" and name and (name not in failures or error):
            failures[name] = Failure(name, error)
    return list(failures.values())
