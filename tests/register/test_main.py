import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.common.errors import DataError, SettingsError
from components.common.files import write_json
from components.register.__main__ import main
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from tests.register.conftest import DATA

Arguments = dict[str, str | list[str]]


@pytest.fixture
def arguments(tmp_path: Path, name: str, candidate: Callable[..., Candidate]) -> Arguments:
    """The stage's arguments, by hand: without an executor input."""
    inputs = candidate(1.0).folder.parent
    write_json(tmp_path / "manifest" / "manifest.json", DATA)
    return {
        "--onnx-model": str(inputs / "onnx"),
        "--ensemble": str(inputs),
        "--evaluation": str(inputs / "evaluation"),
        "--gates": [str(inputs / "evaluation_gates"), str(inputs / "robustness_gates")],
        "--robustness": str(inputs / "robustness"),
        "--manifest": str(tmp_path / "manifest"),
        "--run-name": "skin-lesion-1",
        "--run-id": "",
        "--revision": "0123abc",
        "--images": "train=registry/train:1",
        "--settings": "epochs=15\ndata=gs://bucket/a?b=c",
        "--registry": "",
        "--model-name": name,
        "--minimum-test-macro-auc": "0.5",
        "--decisive-figure": "macro_auc",
        "--maximum-auc-loss": "0.01",
        "--maximum-decision-loss": "0.05",
        "--bootstrap-rounds": "200",
        "--seed": "0",
        "--registration": str(tmp_path / "out" / "registration"),
        "--summary": str(tmp_path / "out" / "summary"),
    }


def run(monkeypatch: pytest.MonkeyPatch, arguments: Arguments) -> None:
    words = [[name, *([value] if isinstance(value, str) else value)] for name, value in arguments.items()]
    monkeypatch.setattr(sys, "argv", ["register", *(word for argument in words for word in argument)])
    main()


def test_the_stage_writes_its_outputs_and_publishes_the_registration(
    monkeypatch: pytest.MonkeyPatch, arguments: Arguments, embedded: MlflowRegistry, tmp_path: Path
) -> None:
    artifacts = {name: {"artifacts": [{"name": name, "uri": name}]} for name in ("registration", "summary")}
    executor_input = {"outputs": {"artifacts": artifacts, "outputFile": str(tmp_path / "executor" / "output.json")}}

    run(
        monkeypatch,
        {**arguments, "--registry": embedded.uri, "--executor-input": json.dumps(executor_input)},
    )

    registration = json.loads(Path(arguments["--registration"]).read_text())
    published = json.loads((tmp_path / "executor" / "output.json").read_text())["artifacts"]
    assert list(registration) == ["name", "version", "alias", "reason", "digest", "registry"]
    assert (registration["version"], registration["alias"]) == ("1", "champion")
    assert published["registration"]["artifacts"][0]["metadata"] == registration
    held = embedded.holder(registration["name"], "champion").tags
    assert (held["pipeline_run"], held["git_revision"], held["data_fingerprint"]) == (
        "skin-lesion-1",
        "0123abc",
        "d4da",
    )
    assert "pipeline_run_id" not in held
    assert Path(arguments["--summary"]).read_text().startswith(f"# {registration['name']}, version 1: champion")


def test_an_empty_registry_is_refused(monkeypatch: pytest.MonkeyPatch, arguments: Arguments) -> None:
    with pytest.raises(SettingsError, match="the registry is empty"):
        run(monkeypatch, arguments)


def test_broken_input_never_reaches_the_registry(
    monkeypatch: pytest.MonkeyPatch, arguments: Arguments, tmp_path: Path
) -> None:
    Path(arguments["--onnx-model"], "ensemble.onnx").unlink()

    with pytest.raises(DataError, match="no ensemble.onnx"):
        run(monkeypatch, {**arguments, "--registry": str(tmp_path / "registry")})

    assert not (tmp_path / "registry").exists()
