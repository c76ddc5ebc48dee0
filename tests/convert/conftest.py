"""Three small members with their ensemble and records, converted once for all tests of the stage."""

import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from components.common import demographics
from components.common.ensemble import Ensemble, write_ensemble
from components.common.member import (
    DEMOGRAPHICS,
    FEATURE_MAP,
    IMAGE_LOGITS,
    MODEL_FILE,
    PIXELS,
    POOLED,
    Member,
    write_member,
)
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES
from tests.ensembles import as_if_fitted
from tests.networks import as_if_trained, with_distance

FINGERPRINT = "5" * 64
IMAGES = 19
TRAINING_IMAGES = 6
PREPROCESSING = "of the tests"
CROPS = [48, 64]


@dataclass(frozen=True)
class Workplace:
    """What the stage is given."""

    ensemble: Path
    members: list[Path]
    records: Path


@dataclass(frozen=True)
class Converted:
    """What the stage wrote."""

    model: Path
    parity: Path
    report: Path
    executor_output: Path


def random_ensemble(members: list[str], seed: int = 0, knots: int = 12) -> Ensemble:
    """Valid rank distributions; class 3 has fewer knots than the others, class 4 a very steep piece."""
    rng = np.random.default_rng(seed)
    shape = (len(members), len(CLASSES), knots)
    places, levels = np.sort(rng.random(shape)), np.sort(rng.random(shape))
    places[..., 0], places[..., -1], levels[..., 0], levels[..., -1] = 0.0, 1.0, 0.0, 1.0
    places[:, 3, 5:], levels[:, 3, 5:] = np.arange(knots - 5) + 2.0, 1.0
    places[:, 4, 6] = places[:, 4, 5] + 1e-6
    scale, bias = rng.uniform(0.5, 1.5, len(CLASSES)), rng.normal(0, 0.3, len(CLASSES))
    return as_if_fitted(
        members,
        knots=places,
        levels=levels,
        scale=scale,
        bias=bias,
        malignant_threshold=0.4,
        distance_centre=rng.normal(size=len(members)),
        distance_spread=rng.uniform(0.5, 1.5, len(members)),
        fingerprint=FINGERPRINT,
    )


def member(name: str, crop: int, size: int, **changes: Any) -> Member:
    fields = {
        "name": name, "backbone": "EfficientNetB0", "crop": crop, "size": size, "batch_size": 8, "epochs": 1,
        "weights": "", "hyperparameters": {}, "seed": 0, "trials": 0, "records_fingerprint": FINGERPRINT,
        "classes": list(CLASSES), "versions": {},
    }  # fmt: skip
    return Member(**{**fields, **changes})


def write_records(folder: Path) -> None:
    """Pictures of coloured clouds, in two shards for each crop."""
    rng = np.random.default_rng(1)
    clouds = [Image.fromarray(rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)) for _ in range(IMAGES)]
    for crop in CROPS:
        records = [
            Record(f"ISIC_{n:07d}", jpeg(cloud, crop), n % 9, demographics.encode("male", float(n), None))
            for n, cloud in enumerate(clouds)
        ]
        write_shard(folder / str(crop) / shard_name("test", 0, 2), records[:10])
        write_shard(folder / str(crop) / shard_name("test", 1, 2), records[10:])
        write_shard(folder / str(crop) / shard_name("train", 0, 1), records[:TRAINING_IMAGES])
    counts = {"train": {"MEL": TRAINING_IMAGES}, "test": {"MEL": IMAGES}}
    write_summary(folder, Summary(FINGERPRINT, CROPS, counts, list(CLASSES), demographics.LENGTH, PREPROCESSING))


def example_inputs(images: int = 2) -> dict[str, np.ndarray]:
    """What the converted ensemble takes."""
    rng = np.random.default_rng(5)
    pixels = {f"pixels_{crop}": rng.integers(0, 256, (images, crop, crop, 3), dtype=np.uint8) for crop in CROPS}
    return {**pixels, "demographics": rng.random((images, 12), np.float32)}


def jpeg(image: Image.Image, size: int) -> bytes:
    buffer = io.BytesIO()
    image.resize((size, size), Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def small_network(size: int, stride: int) -> Any:
    """A network with the names and shapes of a member's, that traces in no time."""
    import keras

    pixels, patient = keras.Input((size, size, 3), name=PIXELS), keras.Input((demographics.LENGTH,), name=DEMOGRAPHICS)
    scaled = keras.layers.Rescaling(1 / 255)(pixels)
    features = keras.layers.Conv2D(8, stride, strides=stride, activation="relu", name=FEATURE_MAP)(scaled)
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLED)(features)
    of_image = keras.layers.Dense(len(CLASSES), name=IMAGE_LOGITS)(pooled)
    logits = keras.layers.Add(name="logits")([of_image, keras.layers.Dense(len(CLASSES))(patient)])
    answers = keras.layers.Softmax(name="probabilities")(logits)
    return with_distance(keras.Model({PIXELS: pixels, DEMOGRAPHICS: patient}, answers))


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """Members of different crops, sizes and grids; the second takes its pictures as they are."""
    import keras

    keras.utils.set_random_seed(0)
    root = tmp_path_factory.mktemp("convert")
    members = [
        (member("B0-48", 48, 64), with_distance(as_if_trained(64, flips=True))),
        (member("small-64", 64, 64), small_network(64, 8)),
        (member("small-48", 48, 32), small_network(32, 8)),
    ]
    for described, network in members:
        (root / described.name).mkdir()
        network.save(root / described.name / MODEL_FILE)
        write_member(root / described.name, described)
    names = [described.name for described, _ in members]
    write_ensemble(root / "ensemble", random_ensemble(names))
    write_records(root / "records")
    return Workplace(root / "ensemble", [root / name for name in names], root / "records")


@pytest.fixture(scope="session")
def converted(workplace: Workplace, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """The stage run as KFP runs it, but in this process."""
    from components.convert.__main__ import main

    out = tmp_path_factory.mktemp("out") / "deep"
    artifacts = {
        name: {"artifacts": [{"name": name, "uri": str(out / name)}]} for name in ("onnx_model", "parity", "report")
    }
    given = {"outputs": {"artifacts": artifacts, "outputFile": str(out / "executor_output.json")}}
    arguments = {
        "--maximum-difference": ["1e-4"], "--float16-maximum-difference": ["0.05"],
        "--int8-maximum-difference": ["1e-3"], "--minimum-unchanged": ["0.5"], "--maximum-conversion-auc-loss": ["0.2"],
        "--calibration-images": ["4"], "--parity-images": ["0"], "--latency-rounds": ["3"],
        "--ensemble": [str(workplace.ensemble)], "--members": [str(folder) for folder in workplace.members],
        "--records": [str(workplace.records)], "--onnx-model": [str(out / "onnx_model")],
        "--parity": [str(out / "parity")], "--report": [str(out / "report")], "--executor-input": [json.dumps(given)],
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            sys, "argv", ["convert", *(word for name, values in arguments.items() for word in (name, *values))]
        )
        main()
    return Converted(out / "onnx_model", out / "parity", out / "report", out / "executor_output.json")
