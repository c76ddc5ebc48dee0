"""A stage's arguments, errors and executor output."""

import argparse
import json
import logging
from pathlib import Path
from typing import Any

import pytest

from components.common.errors import DataError
from components.common.executor import boolean, publish, run_stage, stage_parser


def executor_input(folder: Path) -> str:
    """What KFP passes to a stage with two outputs, in the form that it has."""
    artifacts = {
        name: {"artifacts": [{"name": name, "uri": f"gs://bucket/{name}", "type": {"schemaTitle": "system.Artifact"}}]}
        for name in ("manifest", "metrics")
    }
    return json.dumps({"inputs": {}, "outputs": {"artifacts": artifacts, "outputFile": str(folder / "executor.json")}})


def published(folder: Path) -> dict[str, Any]:
    artifacts = json.loads((folder / "executor.json").read_text())["artifacts"]
    return {name: value["artifacts"] for name, value in artifacts.items()}


def test_metadata_goes_with_the_name_and_place_that_kfp_gave(tmp_path: Path) -> None:
    publish(executor_input(tmp_path), {"metrics": {"images": 3, "auc": 0.5}})
    (metrics,) = published(tmp_path)["metrics"]
    assert metrics == {"name": "metrics", "uri": "gs://bucket/metrics", "metadata": {"images": 3, "auc": 0.5}}


def test_outputs_without_metadata_are_listed_too(tmp_path: Path) -> None:
    publish(executor_input(tmp_path), {})
    (manifest,) = published(tmp_path)["manifest"]
    assert manifest == {"name": "manifest", "uri": "gs://bucket/manifest", "metadata": {}}


def test_the_folder_of_the_executor_output_is_made(tmp_path: Path) -> None:
    publish(executor_input(tmp_path / "not" / "there"), {})
    assert set(published(tmp_path / "not" / "there")) == {"manifest", "metrics"}


def test_metadata_for_what_is_no_output_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="metadata for metric, but the outputs are manifest, metrics"):
        publish(executor_input(tmp_path), {"metric": {"images": 3}})


def test_a_stage_with_no_outputs_publishes_none(tmp_path: Path) -> None:
    publish(json.dumps({"outputs": {"outputFile": str(tmp_path / "executor.json")}}), {})
    assert published(tmp_path) == {}


def test_a_stage_run_by_hand_publishes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    publish(None, {"metrics": {"images": 3}})
    assert list(tmp_path.iterdir()) == []


def test_every_stage_takes_the_executor_input() -> None:
    parser = stage_parser("ingest", "Read the sources.")
    assert parser.prog == "python -m components.ingest"
    assert parser.parse_args([]).executor_input is None
    assert parser.parse_args(["--executor-input", "{}"]).executor_input == "{}"


def test_an_argument_is_never_guessed_from_its_beginning() -> None:
    with pytest.raises(SystemExit):
        stage_parser("ingest", None).parse_args(["--executor", "{}"])


@pytest.mark.parametrize(("text", "value"), [("True", True), ("true", True), ("False", False), ("false", False)])
def test_a_boolean_is_read_as_kfp_writes_it(text: str, value: bool) -> None:
    assert boolean(text) is value


@pytest.mark.parametrize("text", ["", "0", "yes"])
def test_other_words_for_a_boolean_are_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is not true or false"):
        boolean(text)


def test_a_known_error_ends_the_stage_with_status_1_and_one_line(caplog: pytest.LogCaptureFixture) -> None:
    def main() -> None:
        raise DataError("train.csv has no column 'diagnosis'")

    with pytest.raises(SystemExit) as exit_info:
        run_stage(main)
    assert exit_info.value.code == 1
    assert caplog.messages == ["DataError: train.csv has no column 'diagnosis'"]
    assert caplog.records[0].exc_info is None


def test_an_unknown_error_shows_where_it_came_from() -> None:
    def main() -> None:
        raise KeyError("diagnosis")

    with pytest.raises(KeyError):
        run_stage(main)


def test_a_stage_that_ends_well_just_returns(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    run_stage(lambda: logging.getLogger("components.ingest").info("3 images"))
    assert caplog.messages == ["3 images"]
