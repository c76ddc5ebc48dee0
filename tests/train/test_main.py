"""The stage as KFP calls it: a process of its own."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.common.member import read_member
from tests.train.arguments import OUTPUTS, stage_arguments
from tests.train.conftest import CROP, IMAGES


def run(records: Path, out: Path, **changes: object) -> subprocess.CompletedProcess[str]:
    options = [word for pair in stage_arguments(records, out, **changes).items() for word in pair]
    command = [sys.executable, "-m", "components.train", *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def trained(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("trained")
    done = run(records, out)
    assert done.returncode == 0, done.stderr
    assert "tiny, final: epoch 1 of 1" in done.stderr
    return out


def test_every_output_is_written_and_published(trained: Path) -> None:
    published = json.loads((trained / "executor_output.json").read_text())["artifacts"]
    assert set(published) == set(OUTPUTS)
    assert all((trained / name).exists() for name in OUTPUTS)
    assert published["metrics"]["artifacts"][0]["metadata"] == json.loads((trained / "metrics").read_text())


def test_the_member_says_what_made_it(trained: Path) -> None:
    member = read_member(trained / "model")
    assert (member.name, member.backbone, member.crop, member.size) == ("tiny", "EfficientNetB0", CROP, 32)
    assert member.records_fingerprint == "abc"
    assert member.hyperparameters["learning_rate"] == 1e-3
    assert "tensorflow" in member.versions
    assert member.settings["deterministic"] is True
    assert "workspace" not in member.settings
    assert [trial["number"] for trial in member.search] == [1]


def test_start_up_is_told_apart_from_search_and_training(trained: Path) -> None:
    metrics = json.loads((trained / "metrics").read_text())
    for name in ("importing", "building", "tracing", "search", "training"):
        assert metrics[f"seconds_{name}"] > 0
    assert 0 <= metrics["data_wait_share"] < 1


def test_every_image_of_every_split_is_predicted_once(trained: Path) -> None:
    predictions = pd.read_parquet(trained / "predictions")
    assert predictions["split"].value_counts().to_dict() == IMAGES
    assert predictions["image_id"].is_unique
    np.testing.assert_allclose(predictions.filter(like="p_").sum(axis=1), 1, atol=1e-4)


def test_the_trials_are_a_table(trained: Path) -> None:
    trials = pd.read_csv(trained / "trial_table")
    assert list(trials["trial"]) == [1]
    assert trials["learning_rate"][0] == 1e-3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"backbone": "ResNet50"}, "SettingsError: --backbone 'ResNet50'"),
        ({"crop": 64}, r"DataError: no \w+ records of crop 64 in .*; it has: 40"),
        ({"gpus": 1}, "SettingsError: --gpus 1: TensorFlow finds no GPU"),
    ],
)
def test_bad_input_ends_with_one_clear_line(
    records: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    done = run(records, tmp_path, **changes)
    assert done.returncode == 1
    assert re.search(message, done.stderr.splitlines()[-1])
    assert not (tmp_path / "model").exists()
