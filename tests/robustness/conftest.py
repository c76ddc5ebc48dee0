"""A tiny ensemble with the interface of a served one, records and a manifest for it, and the stage run on them once."""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pandas as pd
import pytest

from components.common import demographics
from components.common.files import sha256, write_json
from components.common.pictures import PREPROCESSING_VERSION
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES
from components.robustness.inputs import Inputs, read_inputs
from components.robustness.measuring import Measurement, measure
from components.robustness.settings import RobustnessSettings

FINGERPRINT = "5" * 64
MEMBERS = ["sharp", "coarse", "patient"]
SIDE, SMALLER = 32, 16
THRESHOLD = 120.0
"""Of the out-of-distribution score."""
GRID = 4
"""Rows and columns of the heat maps."""
IMAGES = 20
SETTINGS = RobustnessSettings(images=9, seed=3, maximum_corruption_error=0.2)
OUTPUTS = ("report", "metrics", "table", "gates")


@dataclass(frozen=True)
class Workplace:
    """What the stage is given."""

    model: Path
    records: Path
    manifest: Path


@dataclass(frozen=True)
class Done:
    """What the stage wrote, and told KFP."""

    out: Path
    published: dict[str, dict[str, Any]]

    def table(self) -> pd.DataFrame:
        return pd.read_csv(self.out / "table")

    def metrics(self) -> dict[str, Any]:
        return dict(json.loads((self.out / "metrics").read_text()))


def lesion(number: int, side: int = 96) -> np.ndarray:
    """A dark, ragged spot with a pattern on skin, smooth at all sizes: uint8 [side, side, 3]."""
    random = np.random.default_rng(number)
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    waves = sum(np.sin(random.uniform(10, 40) * (a * x + b * y)) for a, b in random.uniform(-1, 1, (6, 2)))
    angle = np.arctan2(y, x)
    edge = 0.22 + 0.03 * np.sin(5 * angle + number) - np.hypot(x, y)
    dark = 1.0 / (1.0 + np.exp(-60.0 * edge))[..., None]
    skin, spot = np.array([205, 160, 140]), np.array([110, 70, 50]) + random.integers(-30, 30, 3)
    return np.clip(skin * (1 - dark) + (spot + 9.0 * waves[..., None]) * dark, 0, 255).astype(np.uint8)


def png(image: np.ndarray) -> bytes:
    """Without loss, so that all that a test compares comes from the corruption."""
    return cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1].tobytes()


def write_model(folder: Path, *, crops: Sequence[int] = (SMALLER, SIDE), **described: Any) -> Path:
    """An ensemble of three members that look at colours: one at the large picture, one at the small one, one at both
    and at the patient. The ensemble is their mean; what is bright in the middle is out of its distribution. Weights
    have names as convert gives them."""
    random = np.random.default_rng(7)
    inputs = ", ".join(f"uint8[batch, {crop}, {crop}, 3] pixels_{crop}" for crop in crops)
    large, small = max(crops), min(crops)
    body = f"""
        large = Cast <to = 1> (pixels_{large})
        small = Cast <to = 1> (pixels_{small})
        large_mean = ReduceMean <axes = [1, 2], keepdims = 0> (large)
        small_mean = ReduceMean <axes = [1, 2], keepdims = 0> (small)
        middle = Slice (large, starts, ends, axes)
        middle_mean = ReduceMean <axes = [1, 2], keepdims = 0> (middle)
        first_logits = MatMul (middle_mean, member_1_dense)
        second_logits = MatMul (small_mean, member_2_dense)
        of_patient = MatMul (demographics, member_3_patient)
        of_colour = MatMul (large_mean, member_3_dense)
        third_logits = Add (of_colour, of_patient)
        first = Softmax <axis = 1> (first_logits)
        second = Softmax <axis = 1> (second_logits)
        third = Softmax <axis = 1> (third_logits)
        first_row = Unsqueeze (first, member_axis)
        second_row = Unsqueeze (second, member_axis)
        third_row = Unsqueeze (third, member_axis)
        member_probabilities = Concat <axis = 1> (first_row, second_row, third_row)
        probabilities = ReduceMean <axes = [1], keepdims = 0> (member_probabilities)
        planes = Transpose <perm = [0, 3, 1, 2]> (large)
        small_planes = Transpose <perm = [0, 3, 1, 2]> (small)
        first_maps = Conv <strides = [{large // GRID}, {large // GRID}]> (planes, member_1_conv)
        second_maps = Conv <strides = [{small // GRID}, {small // GRID}]> (small_planes, member_2_conv)
        heatmaps = Mean (first_maps, second_maps)
        squares = Mul (middle_mean, middle_mean)
        distance = ReduceMean <axes = [1], keepdims = 0> (squares)
        out_of_distribution = Sqrt (distance)
    """
    constants = {f"member_{number}_dense": random.normal(0, 0.1, (3, 9)).astype(np.float32) for number in (1, 2, 3)} | {
        "member_3_patient": random.normal(0, 1, (demographics.LENGTH, 9)).astype(np.float32),
        "member_1_conv": random.normal(0, 1, (9, 3, large // GRID, large // GRID)).astype(np.float32),
        "member_2_conv": random.normal(0, 1, (9, 3, small // GRID, small // GRID)).astype(np.float32),
        "starts": np.array([large // 4] * 2), "ends": np.array([3 * large // 4] * 2), "axes": np.array([1, 2]),
        "member_axis": np.array([1]),
    }  # fmt: skip
    model = onnx.parser.parse_model(
        f'<ir_version: 8, opset_import: ["" : 17]>\nensemble ({inputs}, float[batch, {demographics.LENGTH}] '
        f"demographics) => (float[batch, 9] probabilities, float[batch, 3, 9] member_probabilities, "
        f"float[batch, 9, {GRID}, {GRID}] heatmaps, float[batch] out_of_distribution) {{{body}}}"
    )
    model.graph.initializer.extend(onnx.numpy_helper.from_array(array, name) for name, array in constants.items())
    onnx.checker.check_model(model, full_check=True)
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(model, folder / "ensemble.onnx")
    describe(folder, **described)
    return folder


def describe(folder: Path, **changes: Any) -> None:
    """Write `model.json`."""
    fields = {
        "classes": list(CLASSES), "members": [{"name": name} for name in MEMBERS], "records_fingerprint": FINGERPRINT,
        "sha256": sha256(folder / "ensemble.onnx"), "out_of_distribution_threshold": THRESHOLD,
        "preprocessing_version": PREPROCESSING_VERSION,
    }  # fmt: skip
    write_json(folder / "model.json", {**fields, **changes})


def write_records(folder: Path, order: Sequence[int], labels: Mapping[int, int] | None = None) -> Path:
    """Test records in an order, in two shards; the classes follow the pictures, of 9 all but the last."""
    records = [
        Record(
            f"ISIC_{number:07d}",
            png(lesion(number, SIDE)),
            labels[number] if labels else number % 8,
            demographics.encode("male", float(number), None),
        )
        for number in order
    ]
    half = len(records) // 2
    write_shard(folder / str(SIDE) / shard_name("test", 0, 2), records[:half])
    write_shard(folder / str(SIDE) / shard_name("test", 1, 2), records[half:])
    counts = {"test": dict(Counter(CLASSES[record.label] for record in records))}
    write_summary(folder, Summary(FINGERPRINT, [SIDE, SMALLER], counts, list(CLASSES), demographics.LENGTH, "2"))
    return folder


def write_manifest(folder: Path) -> Path:
    """Two images of each patient."""
    folder.mkdir(parents=True)
    names = [f"ISIC_{number:07d}" for number in range(IMAGES)]
    groups = [f"patient {number // 2}" for number in range(IMAGES)]
    pd.DataFrame({"image_id": names, "group": groups}).to_parquet(folder / "manifest.parquet")
    return folder


def run(place: Workplace, out: Path, *, images: int = 0, seed: int = 3, limit: float = 1.0) -> Done:
    """The stage run as KFP runs it, but in this process."""
    from components.robustness.__main__ import main

    declared = {name: {"artifacts": [{"name": name, "uri": str(out / name)}]} for name in OUTPUTS}
    given = {"outputs": {"artifacts": declared, "outputFile": str(out / "executor_output.json")}}
    arguments = {
        "--images": images, "--seed": seed, "--maximum-corruption-error": limit, "--onnx-model": place.model,
        "--records": place.records, "--manifest": place.manifest, "--executor-input": json.dumps(given),
        **{f"--{name}": out / name for name in OUTPUTS},
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["robustness", *(str(word) for pair in arguments.items() for word in pair)])
        main()
    published = json.loads((out / "executor_output.json").read_text())["artifacts"]
    return Done(out, {name: listed["artifacts"][0]["metadata"] for name, listed in published.items()})


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    root = tmp_path_factory.mktemp("robustness")
    return Workplace(
        write_model(root / "model"),
        write_records(root / "records", range(IMAGES)),
        write_manifest(root / "manifest"),
    )


@pytest.fixture(scope="session")
def done(workplace: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Done:
    """The stage's outputs on all images."""
    return run(workplace, tmp_path_factory.mktemp("out") / "deep")


@pytest.fixture(scope="session")
def inputs(workplace: Workplace) -> Inputs:
    """Nine of the images."""
    return read_inputs(workplace.model, workplace.records, workplace.manifest, SETTINGS)


@pytest.fixture(scope="session")
def measured(inputs: Inputs) -> Measurement:
    """What the nine images gave."""
    return measure(inputs, SETTINGS.seed)
