"""The private names of KFP that local runs lean on, all in this one module; `tests/local` fails when they move.

KFP 2.17 runs a pipeline locally in its own order, with its own placeholders, artifacts and cache. Three things it does
not do, so they are put in its place while a run lasts:

- run a container component as a process of this machine (its SubprocessRunner refuses);
- report a failed container as failed (kubeflow/pipelines issue 13332), and give each container its own options;
- tell the caller what each task gave (it returns the pipeline's own outputs only).
"""

import codecs
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from kfp.local import docker_task_handler, logging_utils, status, subprocess_task_handler
from kfp.local.orchestrator import task_executor

# Between two looks whether a container has ended.
_SECONDS_TO_ASK = 0.5

# For the last of what a container said to come, once it has ended.
_SECONDS_TO_TELL = 5.0


@dataclass(frozen=True)
class TaskRun:
    """What became of one task."""

    task: str
    run_id: str
    outputs: Mapping[str, Any]
    """Artifacts by name, each with `uri` and `metadata`; empty where the task failed."""
    seconds: float
    succeeded: bool
    cached: bool


@contextmanager
def recorded() -> Iterator[list[TaskRun]]:
    """Note every task of the pipelines that run in this block, in their order."""
    runs: list[TaskRun] = []
    execute = task_executor.execute_single_task
    dispatch = task_executor.task_dispatcher.run_single_task_implementation
    dispatched: list[str] = []

    def noting_dispatch(**arguments: Any) -> Any:
        dispatched.append(arguments["component_name"])
        return dispatch(**arguments)

    def noting_execute(**arguments: Any) -> Any:
        before, began = len(dispatched), time.monotonic()
        outputs, task_status = execute(**arguments)
        succeeded = task_status == status.Status.SUCCESS
        runs.append(
            TaskRun(
                arguments["task_name"],
                arguments["pipeline_resource_name"],
                dict(outputs),
                time.monotonic() - began,
                succeeded,
                cached=succeeded and len(dispatched) == before,
            )
        )
        return outputs, task_status

    with (
        mock.patch.object(task_executor, "execute_single_task", noting_execute),
        mock.patch.object(task_executor.task_dispatcher, "run_single_task_implementation", noting_dispatch),
        mock.patch.object(logging_utils, "make_log_lines_for_outputs", _brief),
    ):
        yield runs


def _brief(outputs: Mapping[str, Any]) -> list[str]:
    """One line an output: KFP's own would print whole confusion matrices and ROC curves."""
    return [f"    {name}: {getattr(value, 'uri', value)}" for name, value in outputs.items()]


@contextmanager
def host_processes(environment: Mapping[str, str]) -> Iterator[None]:
    """Let KFP's subprocess runner run container components as processes of this interpreter.

    Args:
        environment: variables added to each process.
    """

    class HostTaskHandler(subprocess_task_handler.SubprocessTaskHandler):
        def validate_image(self, image: str) -> None:
            pass

        def validate_not_container_component(self, full_command: list[str]) -> None:
            pass

        def validate_not_containerized_python_component(self, full_command: list[str]) -> None:
            pass

        def run(self) -> status.Status:
            command = [sys.executable, *self.full_command[1:]]
            code = subprocess_task_handler.run_local_subprocess(command, {**self.env_vars, **environment})
            return status.Status.SUCCESS if code == 0 else status.Status.FAILURE

    with mock.patch.object(subprocess_task_handler, "SubprocessTaskHandler", HostTaskHandler):
        yield


@contextmanager
def honest_containers(options_of: Callable[[str], Mapping[str, Any]]) -> Iterator[None]:
    """Let KFP's Docker runner report a failed container as failed, and give each its own options.

    Args:
        options_of: gives options of Docker's API for a container of an image, besides those of all.
    """

    def run_docker_container(
        client: Any, image: str, command: list[str], volumes: dict[str, Any], **options: Any
    ) -> int:
        own = {**options, **options_of(image)}
        container = client.containers.run(image=image, command=command, detach=True, volumes=volumes, **own)
        try:
            return _followed(container)
        finally:
            container.remove(force=True)

    with mock.patch.object(docker_task_handler, "run_docker_container", run_docker_container):
        yield


def _followed(container: Any) -> int:
    """Print what a container says, until it ends; returns its exit status.

    Podman 4.3 at times never ends the stream of a container that has ended, and takes a whole core to wait for one that
    has not. So it is asked now and then, and what the stream has not brought in the end is asked for.
    """
    told = 0

    def follow() -> None:
        nonlocal told
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        for piece in container.logs(stream=True, follow=True):
            print(decoder.decode(piece), end="")  # noqa: T201  KFP redirects print
            told += len(piece)

    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    while follower.is_alive() and not _ended(container):
        follower.join(_SECONDS_TO_ASK)
    follower.join(_SECONDS_TO_TELL)
    if follower.is_alive():
        print(container.logs()[told:].decode("utf-8", errors="replace"), end="")  # noqa: T201
    return int(container.wait()["StatusCode"])


def _ended(container: Any) -> bool:
    container.reload()
    return container.status in ("exited", "dead")
