import json
import sys
from pathlib import Path

import pytest

from components.common.errors import SettingsError
from components.common.files import read_json
from components.common.records import read_summary
from components.preprocess.__main__ import main
from tests.preprocess.conftest import DataSet, contents


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


def test_parts_leave_the_records_to_the_task_that_gathers(
    monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path
) -> None:
    whole, out, work = tmp_path / "whole", tmp_path / "out", tmp_path / "work"
    run(monkeypatch, arguments(images, whole))
    gathering = {**arguments(images, out), "--workspace": str(work)}
    ordinary = {name: value for name, value in gathering.items() if name not in ("--records", "--sample-sheet")}
    artifacts = {"metrics": {"artifacts": [{"name": "metrics", "uri": "metrics"}]}}
    outputs = {"outputs": {"artifacts": artifacts, "outputFile": str(out / "output.json")}}
    for part in range(3):
        values = {"--part": str(part), "--parts": "3", "--executor-input": json.dumps(outputs)}
        run(monkeypatch, {**ordinary, **values})
        assert sorted(path.name for path in out.iterdir()) == ["metrics", "output.json"]
        published = read_json(out / "output.json")["artifacts"]["metrics"]["artifacts"][0]["metadata"]
        assert published == read_json(out / "metrics")
    run(monkeypatch, gathering)
    assert contents(out / "records") == contents(whole / "records")
    assert (out / "sheet.html").read_bytes() == (whole / "sheet.html").read_bytes()
    assert read_json(out / "metrics")["resumed_images"] == 24
    assert list((work / "shards").iterdir()) == []


def test_a_part_needs_a_workspace(monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="a part needs a workspace"):
        run(monkeypatch, {**arguments(images, tmp_path / "out"), "--part": "0", "--parts": "2"})


def test_the_whole_needs_places_for_its_outputs(
    monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = arguments(images, tmp_path / "out")
    del values["--records"]
    with pytest.raises(SystemExit):
        run(monkeypatch, values)
    assert "--records and --sample-sheet are required" in capsys.readouterr().err


def test_wrong_settings_are_refused_before_anything_is_written(
    monkeypatch: pytest.MonkeyPatch, images: DataSet, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="crops is 'big'"):
        run(monkeypatch, {**arguments(images, tmp_path / "out"), "--crops": "big"})
    assert not (tmp_path / "out").exists()
