"""The whole pipeline on generated images, through KFP's local orchestrator, as `make demo` runs it but shorter."""

import re
from pathlib import Path
from typing import Any

import mlflow
import onnxruntime
import pandas as pd
import pytest
from playwright.sync_api import Browser

from tests.e2e.demo import Run, newest, run
from tests.e2e.reader import faults

# A whole run takes minutes, more of them on a busy machine.
pytestmark = pytest.mark.timeout(1800)

TRAININGS = ["train-b0-a", "train-b0-b", "train-b0-c"]
TASKS = ["ingest", "preprocess", *TRAININGS, "evaluate", "convert", "robustness", "register"]
REPORTING = {"ingest", "preprocess", "train", "evaluate", "convert", "robustness"}


@pytest.fixture(scope="module")
def root(first_run: Run) -> Path:
    return first_run.root


@pytest.fixture(scope="module")
def first(first_run: Run) -> dict[str, Any]:
    return first_run.summary


def test_it_ends_with_table_1_the_page_and_the_registered_model(first_run: Run) -> None:
    end = first_run.output[first_run.output.index("\nTable 1\n") :]
    rows = [line.split("|")[1].strip() for line in end.splitlines() if line.startswith("| ")]
    assert rows == ["Model", "b0-a", "b0-b", "b0-c", "Ensemble (rank)"]
    assert f"Report: {first_run.folder / 'index.html'}" in end
    assert "Registered: skin-lesion-demo version 1, alias champion" in end


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
    assert all(value is not None for value in first["robustness"].values())


def test_the_page_links_reports_that_are_there(first_run: Run) -> None:
    folder = first_run.folder
    page = (folder / "index.html").read_text()
    links = re.findall(r'href="([^"]+)"', page)
    assert len(links) >= 12
    assert all((folder / link).exists() for link in links)


def test_the_champion_loads_from_the_registry(root: Path, first: dict[str, Any]) -> None:
    registration = first["registration"]
    assert (registration["version"], registration["alias"]) == ("1", "champion")
    uri = f"sqlite:///{root / 'registry' / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
    assert str(client.get_model_version_by_alias(registration["name"], "champion").version) == "1"


def test_the_ensemble_runs_in_onnxruntime_alone(first: dict[str, Any]) -> None:
    session = onnxruntime.InferenceSession(first["onnx"]["path"], providers=["CPUExecutionProvider"])
    assert {put.name for put in session.get_inputs()} == {"pixels_96", "pixels_64", "demographics"}
    assert "probabilities" in {put.name for put in session.get_outputs()}


def test_every_report_opens_without_fault(browser: Browser, first_run: Run) -> None:
    reports = sorted((first_run.folder / "reports").glob("*.html"))
    assert {file.name.split("-")[0] for file in reports} == REPORTING
    pages = {file.name: file.read_text() for file in [first_run.folder / "index.html", *reports]}
    found = {name: faults(browser, html) for name, html in pages.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


def test_a_second_run_reuses_every_stage_and_registers_nothing_twice(root: Path, first: dict[str, Any]) -> None:
    assert run(root).returncode == 0
    second = newest(root)
    assert sorted(second["cached"]) == sorted(set(TASKS) - {"register"})
    assert sum(second["seconds"].values()) < 60
    assert second["registration"]["version"] == "1"
    assert second["registration"]["digest"] == first["registration"]["digest"]
    assert second["ensemble"] == first["ensemble"]


def test_a_changed_setting_reruns_only_what_depends_on_it(root: Path, first_run: Run) -> None:
    assert run(root, "method=probability").returncode == 0
    third = newest(root)
    assert sorted(set(TASKS) - set(third["cached"])) == ["convert", "evaluate", "register", "robustness"]
    assert third["ensemble"]["method"] == "probability"
    assert third["registration"]["version"] == "2"


def test_a_failing_stage_fails_the_run_and_says_which(root: Path, first_run: Run, tmp_path: Path) -> None:
    weights = tmp_path / "weights.h5"
    weights.write_bytes(b"no weights")
    done = run(root, f"weights={weights}")
    assert done.returncode == 1
    assert "SettingsError: the weights" in done.stdout
    assert "error: stage train-b0-" in done.stderr
    summary = newest(root)
    assert summary["status"] == "FAILED"
    assert summary["ensemble"]["test_macro_auc"] is None


@pytest.mark.slow
@pytest.mark.parametrize("year", ["2019", "2020"])
def test_one_year_alone_is_enough(root: Path, first_run: Run, tmp_path: Path, year: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / year).symlink_to(root / "demo-data" / year)
    done = run(tmp_path / "runs", "trials=0", data=tmp_path / "data")
    assert done.returncode == 0, done.stdout + done.stderr
    summary = newest(tmp_path / "runs")
    assert summary["status"] == "SUCCEEDED"
    assert 0 < summary["data"]["images"] < 353
