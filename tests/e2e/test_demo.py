"""The whole pipeline on generated images, through KFP's local orchestrator, as `make demo` runs it but shorter."""

import json
from pathlib import Path
from typing import Any

import mlflow
import onnxruntime
import pandas as pd
import pytest

import pipeline

SHORT = ["--set", "epochs=1", "trials=1"]
TASKS = ["ingest", "preprocess", "train-b0-a", "train-b0-b", "train-b0-c", "evaluate", "convert", "register"]


def run(root: Path, *settings: str) -> dict[str, Any]:
    """Run the demo under a root, and read the newest run's summary."""
    pipeline.main(["run", "--preset", "demo", "--root", str(root), *SHORT, *settings])
    return newest(root)


def newest(root: Path) -> dict[str, Any]:
    return json.loads(max(root.glob("skin-lesion-*/summary.json")).read_text())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    run(root)
    return root


@pytest.fixture(scope="module")
def first(root: Path) -> dict[str, Any]:
    return json.loads(min(root.glob("skin-lesion-*/summary.json")).read_text())


def test_every_stage_runs_once_in_order(first: dict[str, Any]) -> None:
    assert first["status"] == "SUCCEEDED"
    assert sorted(first["seconds"]) == sorted(TASKS)
    assert first["cached"] == []


def test_the_broken_images_are_quarantined_and_counted(first: dict[str, Any]) -> None:
    data = first["data"]
    assert data["quarantined"] > 0
    assert data["images"] + data["quarantined"] == 360
    assert sum(data["splits"].values()) == data["images"]


def test_no_group_crosses_splits(root: Path) -> None:
    manifest = pd.read_parquet(next(root.glob("*/ingest/manifest")) / "manifest.parquet")
    assert (manifest.groupby("group")["split"].nunique() == 1).all()
    assert manifest.groupby("group").size().max() > 1


def test_the_summary_has_every_figure(first: dict[str, Any]) -> None:
    for member in first["members"]:
        assert all(member[name] is not None for name in ("train_accuracy", "test_accuracy", "test_macro_auc", "trials"))
    assert first["ensemble"]["method"] == "rank"
    assert all(value is not None for value in first["ensemble"].values())
    assert first["onnx"]["max_abs_difference"] < 1e-4
    assert all(value is not None for value in first["onnx"].values())


def test_the_page_links_reports_that_are_there(root: Path, first: dict[str, Any]) -> None:
    import re

    folder = root / first["run_id"]
    page = (folder / "index.html").read_text()
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) >= 12
    assert all((folder / link).exists() for link in links)


def test_the_champion_loads_from_the_registry(root: Path, first: dict[str, Any]) -> None:
    registration = first["registration"]
    assert (registration["version"], registration["alias"]) == ("1", "champion")
    uri = f"sqlite:///{root / 'registry' / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    assert client.get_model_version_by_alias(registration["name"], "champion").version == "1"


def test_the_ensemble_runs_in_onnxruntime_alone(first: dict[str, Any]) -> None:
    session = onnxruntime.InferenceSession(first["onnx"]["path"], providers=["CPUExecutionProvider"])
    assert {put.name for put in session.get_inputs()} == {"pixels_96", "pixels_64", "demographics"}
    assert "probabilities" in {put.name for put in session.get_outputs()}


def test_a_second_run_reuses_every_stage_and_registers_nothing_twice(root: Path, first: dict[str, Any]) -> None:
    second = run(root)
    assert sorted(second["cached"]) == sorted(set(TASKS) - {"register"})
    assert sum(second["seconds"].values()) < 60
    assert second["registration"]["version"] == "1"
    assert second["registration"]["digest"] == first["registration"]["digest"]
    assert second["ensemble"] == first["ensemble"]


def test_a_changed_setting_reruns_only_what_depends_on_it(root: Path) -> None:
    third = run(root, "method=probability")
    assert sorted(set(TASKS) - set(third["cached"])) == ["convert", "evaluate", "register"]
    assert third["ensemble"]["method"] == "probability"
    assert third["registration"]["version"] == "2"


def test_a_failing_stage_fails_the_run_and_says_which(root: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="stage train-b0-[abc] failed"):
        run(root, "weights=/no/such/weights.h5")
    assert "StorageError: no weights file /no/such/weights.h5" in capfd.readouterr().out
    summary = newest(root)
    assert summary["status"] == "FAILED"
    assert summary["ensemble"]["test_macro_auc"] is None
