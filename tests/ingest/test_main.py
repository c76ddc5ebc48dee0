"""The stage as KFP starts it: arguments in, artifacts out."""

import json
import re
import sys
from pathlib import Path

import pandas as pd
import pytest

from components.common.executor import run_stage
from components.common.files import read_json
from components.ingest.__main__ import main


def run(monkeypatch: pytest.MonkeyPatch, data: Path, out: Path, *more: str) -> None:
    arguments = {
        "--data": data,
        "--data-version": "v1",
        "--seed": 7,
        "--maximum-quarantine-share": 0.05,
        "--manifest": out / "manifest",
        "--data-card": out / "data_card",
        "--metrics": out / "metrics",
    }
    flat = [str(part) for pair in arguments.items() for part in pair]
    monkeypatch.setattr(sys, "argv", ["ingest", *flat, *more])
    run_stage(main)


def test_all_artifacts_are_written_and_published(
    both_years: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    artifacts = {
        name: {"artifacts": [{"name": name, "uri": str(tmp_path / name)}]}
        for name in ("manifest", "data_card", "metrics")
    }
    outputs = {"artifacts": artifacts, "outputFile": str(tmp_path / "executor_output.json")}
    run(monkeypatch, both_years, tmp_path, "--executor-input", json.dumps({"outputs": outputs}))
    assert len(pd.read_parquet(tmp_path / "manifest" / "manifest.parquet")) == 40
    assert (tmp_path / "data_card").read_text().startswith("<!doctype html>")
    figures = read_json(tmp_path / "metrics")
    assert figures["images"] == 40
    assert figures["train_images"] + figures["validation_images"] + figures["test_images"] == 40
    published = read_json(tmp_path / "executor_output.json")["artifacts"]
    assert published["metrics"]["artifacts"][0]["metadata"] == figures
    assert published["manifest"]["artifacts"][0]["metadata"]["data_version"] == "v1"


@pytest.mark.parametrize(
    ("folder", "message"), [("nowhere", "no such folder: 'nowhere'"), (".", "no data set in .*; expected .*2019/")]
)
def test_bad_data_ends_the_stage_with_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, folder: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="1"):
        run(monkeypatch, Path(folder), tmp_path / "out")
    assert re.search(message, caplog.text)
    assert list((tmp_path / "out").iterdir()) == []
