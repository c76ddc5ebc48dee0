"""Small records of coloured pictures: the class is the colour, so that a short training can learn something."""

import io
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from components.common import demographics
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES, SPLITS
from components.train.devices import Devices, find_devices
from components.train.hyperparameters import Hyperparameters
from components.train.learner import Learner

CROP = 40
SIZE, BATCH = 32, 16
MILD = Hyperparameters(
    3e-3,
    dropout=0.1,
    label_smoothing=0.0,
    augmentation="colour",
    augmentation_strength=0.2,
    imbalance="focal",
    imbalance_strength=0.5,
    demographics_weight=0.7,
)
IMAGES = {"train": 45, "validation": 18, "test": 18}


def picture(label: int, random: np.random.Generator) -> bytes:
    color = 40 + 22 * np.array([label % 3, label // 3, label]) + random.normal(0, 5, 3)
    pixels = np.clip(color + random.normal(0, 10, (CROP, CROP, 3)), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def example(split: str, number: int, random: np.random.Generator) -> Record:
    label = number % len(CLASSES)
    patient = demographics.encode("male" if number % 2 else None, 30 + number, "torso")
    return Record(f"{split}_{number:03d}", picture(label, random), label, patient)


def make_learner(devices: Devices, **options: Any) -> Learner:
    """The same first weights each time."""
    keras.utils.set_random_seed(0)
    return Learner(
        backbone="EfficientNetB0", size=SIZE, weights="", batch_size=BATCH, seed=0, devices=devices, **options
    )


@pytest.fixture(scope="session")
def learner() -> Learner:
    """One for all tests that leave it as it is, but for its state: tracing a step takes ten seconds."""
    tf.config.experimental.enable_op_determinism()
    return make_learner(find_devices("float32", 0))


@pytest.fixture(scope="session")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("records")
    random = np.random.default_rng(0)
    counts = {}
    for split in SPLITS:
        examples = [example(split, number, random) for number in range(IMAGES[split])]
        half = len(examples) // 2
        for index, part in enumerate((examples[:half], examples[half:])):
            write_shard(folder / str(CROP) / shard_name(split, index, 2), part)
        counts[split] = {name: IMAGES[split] // len(CLASSES) for name in CLASSES}
    write_summary(folder, Summary("abc", [CROP], counts, list(CLASSES), demographics.LENGTH, "2"))
    return folder
