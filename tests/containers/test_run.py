"""The demo pipeline in containers, against the same run as processes of this machine."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from components.common.onnx_model import MODEL_FILE
from tests.e2e.demo import Run, newest, run

pytestmark = [pytest.mark.containers, pytest.mark.timeout(3600)]

MEMBERS = ("b0-a", "b0-b", "b0-c")
MEASURED = {"run_id", "seconds", "path", "speedup"}


@pytest.fixture(scope="module")
def on_host(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return finished(tmp_path_factory.mktemp("host"), "host")


@pytest.fixture(scope="module")
def in_containers(images: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    return finished(tmp_path_factory.mktemp("containers"), "container")


def finished(root: Path, runner: str) -> Run:
    """A whole run."""
    # The user of the containers has to pass through pytest's folders, which are closed to others.
    for folder in (root, *root.parents[:2]):
        folder.chmod(0o711)
    done = run(root, runner=runner)
    assert done.returncode == 0, done.stdout + done.stderr
    return Run(root, done.stdout, newest(root))


def artifact(whole: Run, task: str, name: str) -> Path:
    """Where an artifact of a run lies."""
    (path,) = whole.folder.glob(f"{task}/{name}")
    return path


def figures(summary: Any) -> Any:
    """A summary without what may differ between any two runs."""
    if isinstance(summary, dict):
        return {name: figures(value) for name, value in summary.items() if name not in MEASURED}
    return [figures(one) for one in summary] if isinstance(summary, list) else summary


def test_every_stage_ran_in_its_container_and_the_model_is_champion(in_containers: Run) -> None:
    summary = in_containers.summary
    assert (summary["status"], summary["cached"]) == ("SUCCEEDED", [])
    assert (summary["registration"]["version"], summary["registration"]["alias"]) == ("1", "champion")


def test_the_figures_are_those_of_the_host(on_host: Run, in_containers: Run) -> None:
    assert figures(in_containers.summary) == figures(on_host.summary)


@pytest.mark.parametrize("member", MEMBERS)
def test_the_predictions_are_those_of_the_host_to_the_bit(on_host: Run, in_containers: Run, member: str) -> None:
    host, container = (
        pd.read_parquet(artifact(one, f"train-{member}", "predictions")) for one in (on_host, in_containers)
    )
    pd.testing.assert_frame_equal(container, host, check_exact=True)


def test_the_served_model_answers_as_that_of_the_host_to_the_bit(on_host: Run, in_containers: Run) -> None:
    rng = np.random.default_rng(0)
    files = [artifact(one, "convert", "onnx_model") / MODEL_FILE for one in (on_host, in_containers)]
    sessions = [onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"]) for file in files]
    feeds = {
        put.name: rng.integers(0, 256, [4, *put.shape[1:]]).astype(np.uint8)
        if "uint8" in put.type
        else rng.random([4, *put.shape[1:]]).astype(np.float32)
        for put in sessions[0].get_inputs()
    }
    host, container = (session.run(["probabilities"], feeds)[0] for session in sessions)
    np.testing.assert_array_equal(container, host)


def test_what_the_containers_wrote_is_no_roots(in_containers: Run) -> None:
    written = [path for path in in_containers.folder.glob("*/*") if path.parent.name != "reports"]
    assert {path.stat().st_uid for path in written} == {os.geteuid() or 10001}


def test_a_stage_that_fails_in_its_container_fails_the_run_and_its_log_is_shown(
    in_containers: Run, tmp_path: Path
) -> None:
    weights = in_containers.root / "weights.h5"
    weights.write_bytes(b"no weights")
    done = run(in_containers.root, f"weights={weights}", runner="container")
    assert done.returncode == 1
    assert "SettingsError: the weights" in done.stdout
    assert "error: stage train-b0-" in done.stderr
    assert newest(in_containers.root)["status"] == "FAILED"
