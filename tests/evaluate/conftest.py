"""Three members' predictions of made-up images, as the train stage writes them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.common.member import Member, write_member
from components.common.predictions import prediction_table
from components.common.taxonomy import CLASSES, SPLITS

IMAGES = {"train": 90, "validation": 180, "test": 180}


@dataclass(frozen=True)
class Inputs:
    """Files of an evaluation."""

    manifest: Path
    members: list[Path]
    predictions: list[Path]


def member(name: str, number: int = 0) -> Member:
    return Member(
        name, f"EfficientNetB{number}", 128, 96, 32, 15, "", {"learning_rate": 1e-3}, 0, 2, "abc", list(CLASSES), {}
    )


def guesses(labels: np.ndarray, skill: float, seed: int) -> np.ndarray:
    """Probabilities [images, 9] that are right more often the more skill there is."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(len(labels), len(CLASSES))) + skill * np.eye(len(CLASSES))[labels]
    return np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    names = {split: [f"{split}_{number:03d}" for number in range(count)] for split, count in IMAGES.items()}
    labels = {split: np.arange(count) % len(CLASSES) for split, count in IMAGES.items()}
    manifest = tmp_path / "manifest"
    manifest.mkdir()
    every = [name for split in SPLITS for name in names[split]]
    table = pd.DataFrame({"image_id": every, "source": "isic2019", "split": "", "label": "", "group": every})
    table.to_parquet(manifest / "manifest.parquet")
    members, predictions = [], []
    for number, skill in enumerate((1.5, 1.2, 1.0)):
        members.append(tmp_path / f"member_{number}")
        write_member(members[-1], member(f"b{number}", number))
        tables = [
            prediction_table(split, names[split], labels[split], guesses(labels[split], skill, 10 * number + seed))
            for seed, split in enumerate(SPLITS)
        ]
        predictions.append(tmp_path / f"predictions_{number}.parquet")
        pd.concat(tables).to_parquet(predictions[-1])
    return Inputs(manifest, members, predictions)
