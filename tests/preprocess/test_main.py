import json
import sys
from pathlib import Path

import pytest

from components.common.errors import SettingsError
from components.common.files import read_json
from components.common.records import read_summary
from components.preprocess.__main__ import main
from tests.preprocess.conftest import DataSet


def arguments(images: DataSet, out: Path) -> dict[str, str]:
    return {
        "--manifest": str(images.manifest),
        "--crops": "64,32",
        "--images-per-shard": "100",
        "--maximum-quarantine-share": "0.1",
        "--processes": "1",
        "--records": str(out / "records"),
        "--sample-sheet": str(out / "sheet.html"),
        "--metrics": str(out / "metrics"),
    }


def run(monkeypatch: pytest.MonkeyPatch, values: dict[str, str]) -> None:
    monkeypatch.setattr(sys, "argv", ["preprocess", *(word for pair in values.items() for word in pair)])
    main()


def test_the_stage_writes_its_outputs_and_publishes_them(
    monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    names = ("records", "sample_sheet", "metrics")
    artifacts = {name: {"artifacts": [{"name": name, "uri": name}]} for name in names}
    executor_input = {"outputs": {"artifacts": artifacts, "outputFile": str(out / "executor" / "output.json")}}

    run(monkeypatch, {**arguments(images, out), "--executor-input": json.dumps(executor_input)})

    published = read_json(out / "executor" / "output.json")["artifacts"]
    metadata = {name: published[name]["artifacts"][0]["metadata"] for name in names}
    assert metadata["metrics"] == read_json(out / "metrics")
    assert metadata["metrics"]["images"] == 24
    fingerprint = read_summary(out / "records").fingerprint
    assert metadata["records"] == {"fingerprint": fingerprint, "crops": "64,32", "images": 24}
    assert (out / "sheet.html").read_text().startswith("<!doctype html>")


def test_wrong_settings_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="crops is 'big'"):
        run(monkeypatch, {**arguments(images, tmp_path / "out"), "--crops": "big"})
    assert not (tmp_path / "out").exists()
