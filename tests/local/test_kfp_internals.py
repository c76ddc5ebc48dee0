"""The private names of KFP that local runs lean on: these tests fail when one moves or changes its meaning."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kfp import dsl, local

from components.local import kfp_internals

WRITE = """
import json, pathlib, sys
request = json.loads(sys.argv[2])
for listed in request["outputs"]["artifacts"].values():
    path = pathlib.Path(listed["artifacts"][0]["uri"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sys.argv[1])
output = pathlib.Path(request["outputs"]["outputFile"])
artifacts = {name: {"artifacts": [{**listed["artifacts"][0], "metadata": {"said": sys.argv[1]}}]}
             for name, listed in request["outputs"]["artifacts"].items()}
output.write_text(json.dumps({"artifacts": artifacts}))
"""


@dsl.container_component
def say(text: str, said: dsl.Output[dsl.Artifact]):
    return dsl.ContainerSpec(
        image="localhost/none:1",
        command=["python", "-c", WRITE],
        args=[text, dsl.PIPELINE_TASK_EXECUTOR_INPUT_PLACEHOLDER],
    )


@dsl.container_component
def fail(said: dsl.Input[dsl.Artifact]):
    return dsl.ContainerSpec(
        image="localhost/none:1", command=["python", "-c", "raise SystemExit(3)"], args=[said.path]
    )


def start(root: Path) -> None:
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(root), enable_caching=True)


def test_a_container_component_runs_as_a_process_and_what_it_gave_is_recorded(tmp_path: Path) -> None:
    @dsl.pipeline(name="one")
    def one(text: str):
        say(text=text)

    with kfp_internals.host_processes({}), kfp_internals.recorded() as runs:
        start(tmp_path)
        one(text="python3 is here")
    (run,) = runs
    assert (run.task, run.succeeded, run.cached) == ("say", True, False)
    assert Path(run.outputs["said"].uri).read_text() == "python3 is here"
    assert run.outputs["said"].metadata == {"said": "python3 is here"}
    assert (tmp_path / run.run_id).is_dir()


def test_a_second_run_is_served_from_the_cache_and_says_so(tmp_path: Path) -> None:
    @dsl.pipeline(name="one")
    def one(text: str):
        say(text=text)

    with kfp_internals.host_processes({}), kfp_internals.recorded() as runs:
        start(tmp_path)
        one(text="a")
        one(text="a")
        one(text="b")
    assert [run.cached for run in runs] == [False, True, False]
    assert runs[0].outputs["said"].uri == runs[1].outputs["said"].uri


def test_a_failed_process_fails_the_pipeline(tmp_path: Path) -> None:
    @dsl.pipeline(name="two")
    def two():
        fail(said=say(text="a").outputs["said"])

    with kfp_internals.host_processes({}), kfp_internals.recorded() as runs:
        start(tmp_path)
        with pytest.raises(RuntimeError, match="Inner task failed"):
            two()
    assert [(run.task, run.succeeded) for run in runs] == [("say", True), ("fail", False)]


def test_the_environment_given_reaches_the_process(tmp_path: Path) -> None:
    @dsl.container_component
    def look():
        check = "import os, sys; sys.exit(os.environ.get('LESION') != 'found')"
        return dsl.ContainerSpec(image="localhost/none:1", command=["python", "-c", check])

    @dsl.pipeline(name="three")
    def three():
        look()

    with kfp_internals.host_processes({"LESION": "found"}), kfp_internals.recorded() as runs:
        start(tmp_path)
        three()
    assert runs[0].succeeded


def test_what_was_put_in_place_is_taken_out_again() -> None:
    from kfp.local import docker_task_handler, subprocess_task_handler

    before = (subprocess_task_handler.SubprocessTaskHandler, docker_task_handler.run_docker_container)
    with kfp_internals.host_processes({}), kfp_internals.honest_containers(no_options):
        assert subprocess_task_handler.SubprocessTaskHandler is not before[0]
        assert docker_task_handler.run_docker_container is not before[1]
    assert (subprocess_task_handler.SubprocessTaskHandler, docker_task_handler.run_docker_container) == before


def no_options(image: str) -> dict[str, str]:
    return {}


class Container:
    """Answers as Docker's API does for a container that ended with a status."""

    def __init__(self, code: int) -> None:
        self.code, self.removed, self.status = code, False, "exited"

    def reload(self) -> None:
        """It has ended already."""

    def logs(self, **_: object) -> list[bytes]:
        return [b"working\n"]

    def wait(self) -> dict[str, int]:
        return {"StatusCode": self.code}

    def remove(self, *, force: bool) -> None:
        self.removed = force


@pytest.mark.parametrize("code", [0, 1, 137])
def test_a_container_is_reported_with_its_own_status(code: int) -> None:
    from types import SimpleNamespace

    from kfp.local import docker_task_handler

    container = Container(code)
    client = SimpleNamespace(containers=SimpleNamespace(run=lambda **_: container))
    with kfp_internals.honest_containers(no_options):
        assert docker_task_handler.run_docker_container(client, "image", ["python"], {}) == code
    assert container.removed


class Stuck(Container):
    """Ended long ago, and its stream of what it said does not end."""

    def logs(self, *, follow: bool = False, **_: object) -> Any:
        return self._stream() if follow else b"working\nfailed\n"

    def _stream(self) -> Iterator[bytes]:
        yield b"working\n"
        threading.Event().wait()


def test_a_stream_that_does_not_end_holds_nothing_up_and_loses_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(kfp_internals, "_SECONDS_TO_TELL", 0.2)
    assert kfp_internals._followed(Stuck(3)) == 3
    assert capsys.readouterr().out == "working\nfailed\n"


def test_each_container_gets_the_options_of_its_image() -> None:
    from types import SimpleNamespace

    from kfp.local import docker_task_handler

    given = {}

    def run(**options: object) -> Container:
        given.update(options)
        return Container(0)

    client = SimpleNamespace(containers=SimpleNamespace(run=run))
    with kfp_internals.honest_containers(lambda image: {"network_mode": image}):
        docker_task_handler.run_docker_container(client, "none", ["python"], {}, read_only=True)
    assert (given["network_mode"], given["read_only"], given["detach"]) == ("none", True, True)


def test_the_interpreter_is_this_one(tmp_path: Path) -> None:
    @dsl.container_component
    def compare():
        check = f"import sys; sys.exit(sys.executable != {sys.executable!r})"
        return dsl.ContainerSpec(image="localhost/none:1", command=["python", "-c", check])

    @dsl.pipeline(name="four")
    def four():
        compare()

    with kfp_internals.host_processes({}), kfp_internals.recorded() as runs:
        start(tmp_path)
        four()
    assert runs[0].succeeded


def test_another_image_is_not_served_from_the_cache(tmp_path: Path) -> None:
    def tagged(tag: str):
        @dsl.pipeline(name="five")
        def five():
            say(text="a").set_container_image(f"localhost/none:{tag}")

        return five

    with kfp_internals.host_processes({}), kfp_internals.recorded() as runs:
        start(tmp_path)
        for tag in ("code-1", "code-1", "code-2"):
            tagged(tag)()
    assert [run.cached for run in runs] == [False, True, False]
