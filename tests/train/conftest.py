"""Small records of coloured pictures: the class is the colour, so that a short training can learn something."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.common import demographics
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES, SPLITS

CROP = 40
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
    write_summary(folder, Summary("abc", [CROP], counts, list(CLASSES), demographics.LENGTH))
    return folder
