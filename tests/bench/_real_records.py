"""Records of the real sample, made by the stages themselves."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from components.common.records import Record, read_shard, shards
from components.common.taxonomy import SPLITS
from tests.bench._records import write_records


def make_records(isic: Path, folder: Path, crop: int) -> Path:
    """Ingest and preprocess the sample; the manifest lies beside the records.

    Returns:
        The records' folder.
    """
    manifest, records = folder / "manifest", folder / "records"
    _stage("ingest", "--data", isic, "--manifest", manifest, "--data-card", folder / "card", "--metrics", folder / "m1")
    _stage(
        "preprocess", "--manifest", manifest, "--crops", crop, "--images-per-shard", 512,
        "--maximum-quarantine-share", 0.05, "--records", records, "--sample-sheet", folder / "sheet",
        "--metrics", folder / "m2",
    )  # fmt: skip
    return records


def write_fifth(records: Path, manifest: Path, crop: int, seed: int, folder: Path) -> None:
    """The same images with a random fifth to test, and all others to train; no patient or lesion is in both.

    Nothing is chosen by the validation split there, so it is the test split again.
    """
    groups = pd.read_parquet(manifest / "manifest.parquet").set_index("image_id")["group"]
    images = sorted(_all_records(records, crop), key=lambda record: record.image_id)
    labels = np.array([record.label for record in images])
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
    names = groups.loc[[record.image_id for record in images]]
    train, test = next(folds.split(labels, labels, names))
    held_out = [images[index] for index in test]
    assert not set(names.iloc[train]) & set(names.iloc[test])
    write_records(folder, crop, {"train": [images[index] for index in train], "validation": held_out, "test": held_out})


def _all_records(records: Path, crop: int) -> list[Record]:
    return [record for split in SPLITS for path in shards(records, crop, split) for record in read_shard(path)]


def _stage(stage: str, *arguments: object) -> None:
    command = [sys.executable, "-m", f"components.{stage}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{stage} failed: {done.stderr[-2000:]}")
