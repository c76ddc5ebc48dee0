"""The exit task around a pipeline of its own, in KFP's own local order: it hears how it went, good or bad."""

import json
import sys
from pathlib import Path

import pytest
from kfp import dsl, local

from components.local import kfp_internals
from components.local.images import REPOSITORY
from components.notify.__main__ import WEBHOOK, main
from components.notify.component import notify
from tests.notify.conftest import Webhook


@dsl.container_component
def end(status: str, gpus: str):
    return dsl.ContainerSpec(
        image="localhost/none:1",
        command=["python", "-c", "import sys; sys.exit(int(sys.argv[1]) or sys.argv[2] != '2')"],
        args=[status, gpus],
    )


@dsl.pipeline(name="inner")
def inner(status: str, gpus: str):
    end(status=status, gpus=gpus).set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(gpus)


@dsl.pipeline(name="outer")
def outer(status: str = "0", gpus: str = "2"):
    told = notify(pipeline="tiny", run_name=dsl.PIPELINE_JOB_NAME_PLACEHOLDER, run_id="12", ui="http://ui", api="")
    with dsl.ExitHandler(told, name="run"):
        inner(status=status, gpus=gpus)


def run(root: Path, webhook: Webhook, status: str) -> str:
    environment = {"PYTHONPATH": str(REPOSITORY), WEBHOOK: webhook.url}
    with kfp_internals.host_processes(environment):
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(root))
        if status == "0":
            outer(status=status)
        else:
            with pytest.raises(RuntimeError):
                outer(status=status)
    (body,) = webhook.texts
    text = json.loads(body)["text"]
    assert isinstance(text, str)
    return text


def test_a_run_that_went_well_is_told(tmp_path: Path, webhook: Webhook) -> None:
    text = run(tmp_path, webhook, "0")
    assert text.startswith(":white_check_mark: *<http://ui/#/runs/details/12|outer-")
    assert text.endswith(">* (tiny) succeeded")


def test_a_run_that_failed_is_told(tmp_path: Path, webhook: Webhook) -> None:
    first, second = run(tmp_path, webhook, "3").splitlines()
    assert first.startswith(":x: ")
    assert second == "• `exit-handler-1`: Task exit-handler-1 failed."


def test_the_component_passes_what_the_stage_takes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["notify", "--help"])
    with pytest.raises(SystemExit):
        main()
    words = {word.strip(",[]") for word in capsys.readouterr().out.split() if word.strip("[").startswith("--")}
    passed = {word for word in notify.component_spec.implementation.container.args if str(word).startswith("--")}
    # It has no outputs of which to tell KFP.
    assert words - {"--help", "--executor-input"} == passed
