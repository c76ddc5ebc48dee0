"""Three members' predictions of made-up images, as the train stage writes them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.common.member import Member, read_member, write_member
from components.common.predictions import prediction_table
from components.common.taxonomy import CLASSES, SPLITS
from components.evaluate.evaluation import Evaluation, evaluate
from components.evaluate.inputs import Split, read_splits
from components.evaluate.settings import EvaluateSettings

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


def manifest_table(names: list[str]) -> pd.DataFrame:
    """A manifest of these images: two of each patient, half of them women, every third without an age."""
    numbers = np.arange(len(names))
    return pd.DataFrame(
        {
            "image_id": names,
            "group": [f"patient_{number // 2:03d}" for number in numbers],
            "split": "",
            "label": "",
            "source": np.where(numbers % 4 < 3, "isic2019", "isic2020"),
            "sex": np.where(numbers % 2, "female", "male"),
            "age": np.where(numbers % 3, 20.0 + numbers % 61, np.nan),
            "site": np.where(numbers % 5, "torso", None),
            "fitzpatrick": np.nan,
            "typology_angle": np.where(numbers % 7, 60.0 - numbers % 50, np.nan),
        }
    )


def evaluate_settings(**changes: Any) -> EvaluateSettings:
    """Settings of a quick evaluation."""
    values: dict[str, Any] = {
        "method": "rank", "minimum_sensitivity": 0.9, "abstained_share": 0.1,
        "out_of_distribution_share": 0.05, "minimum_subgroup_images": 20,
        "bootstrap_rounds": 100, "seed": 0, "minimum_melanoma_sensitivity": 0.5, "maximum_subgroup_gap": 0.9,
        "maximum_ece": 0.5,
    }  # fmt: skip
    return EvaluateSettings(**{**values, **changes})


def read(inputs: Inputs) -> dict[str, Split]:
    return read_splits(inputs.manifest, [read_member(folder) for folder in inputs.members], inputs.predictions)


def write_inputs(folder: Path) -> Inputs:
    names = {split: [f"{split}_{number:03d}" for number in range(count)] for split, count in IMAGES.items()}
    labels = {split: np.arange(count) % len(CLASSES) for split, count in IMAGES.items()}
    manifest = folder / "manifest"
    manifest.mkdir()
    every = [name for split in SPLITS for name in names[split]]
    manifest_table(every).to_parquet(manifest / "manifest.parquet")
    members, predictions = [], []
    for number, skill in enumerate((1.5, 1.2, 1.0)):
        members.append(folder / f"member_{number}")
        write_member(members[-1], member(f"b{number}", number))
        tables = [
            prediction_table(
                split,
                names[split],
                labels[split],
                guesses(labels[split], skill, 10 * number + seed),
                np.random.default_rng(10 * number + seed).gamma(9.0, size=len(labels[split])),
            )
            for seed, split in enumerate(SPLITS)
        ]
        predictions.append(folder / f"predictions_{number}.parquet")
        pd.concat(tables).to_parquet(predictions[-1])
    return Inputs(manifest, members, predictions)


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """For a test to change."""
    return write_inputs(tmp_path)


@pytest.fixture(scope="session")
def evaluation(tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    """Of the same inputs as they are."""
    inputs = write_inputs(tmp_path_factory.mktemp("evaluate"))
    members = [read_member(folder) for folder in inputs.members]
    return evaluate(members, read(inputs), evaluate_settings(), "abc")
