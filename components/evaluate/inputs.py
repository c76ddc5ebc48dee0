"""The members' predictions, read, checked against each other, and put side by side."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from components.common.errors import DataError, StorageError
from components.common.member import FEATURE_DISTANCE, Member
from components.common.predictions import probability_columns
from components.common.taxonomy import CLASSES, SPLITS
from components.evaluate.subgroups import COLUMNS

_KEYS = ["image_id", "split", "label"]
_FROM_MANIFEST = ["image_id", "group", *COLUMNS]


@dataclass(frozen=True)
class Split:
    """The images of one split, with what every member says of them."""

    images: pd.DataFrame
    """One row an image: image_id, split, label, group, and the manifest's columns that make subgroups."""
    labels: np.ndarray
    """int64 [images]: class indexes."""
    probabilities: np.ndarray
    """float64 [images, M, 9]."""
    distances: np.ndarray
    """Of the features from those of the training, float64 [images, M]."""


def read_splits(manifest: Path, members: list[Member], files: list[Path]) -> dict[str, Split]:
    """Read the members' predictions, by split.

    Args:
        manifest: the folder that ingest wrote.
        members: of the ensemble.
        files: their predictions, in the same order.

    Raises:
        StorageError: a table cannot be read.
        DataError: a table lacks a column or has the classes in another order, holds a value that is no probability, or
            is of other images than the first; or a split holds one class alone.
    """
    tables = [_read(file, member.name) for file, member in zip(files, members, strict=True)]
    for member, table in zip(members[1:], tables[1:], strict=True):
        _same_images(tables[0], table, members[0].name, member.name)
    images = _join(tables[0][_KEYS], manifest)
    stacked = np.stack([table[probability_columns()].to_numpy(np.float64) for table in tables], axis=1)
    distances = np.stack([table[FEATURE_DISTANCE].to_numpy(np.float64) for table in tables], axis=1)
    splits = {}
    for split in SPLITS:
        rows = (images["split"] == split).to_numpy()
        chosen = images[rows].reset_index(drop=True)
        if _holds_enough(split, chosen["label"]):
            splits[split] = Split(chosen, chosen["label"].to_numpy(np.int64), stacked[rows], distances[rows])
    return splits


def _holds_enough(split: str, labels: pd.Series) -> bool:
    """Whether there is anything to judge; only the training split may be missing."""
    if not len(labels) and split != "train":
        raise DataError(f"the predictions have no {split} images: give ingest more data")
    if labels.nunique() == 1:
        raise DataError(
            f"all {len(labels)} {split} images are of class {CLASSES[labels.iloc[0]]}: no model can be judged by one "
            "class alone; give ingest more data"
        )
    return len(labels) > 0


def _parquet(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {file}: {error}; run the stage that writes it again") from error


def _read(file: Path, member: str) -> pd.DataFrame:
    table = _parquet(file)
    if missing := {*_KEYS, *probability_columns(), FEATURE_DISTANCE} - set(table.columns):
        raise DataError(f"the predictions of {member} ({file}) lack the columns {', '.join(sorted(missing))}")
    _check_order(table, file, member)
    _check_keys(table, member)
    values = table[probability_columns()].to_numpy(np.float64)
    bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 1e-3)
    if bad.any():
        first = table["image_id"][bad].iloc[0]
        raise DataError(
            f"{member} gives {bad.sum()} images no probabilities (NaN, negative, or not adding up), {first} first"
        )
    if (bad := ~np.isfinite(table[FEATURE_DISTANCE]) | (table[FEATURE_DISTANCE] < 0)).any():
        first = table["image_id"][bad].iloc[0]
        raise DataError(f"{member} gives {bad.sum()} images no {FEATURE_DISTANCE} (NaN or negative), {first} first")
    return table.sort_values("image_id", ignore_index=True)


def _check_order(table: pd.DataFrame, file: Path, member: str) -> None:
    """Columns in another order are of another version, and no one knows whether its names are right."""
    order = [column for column in table.columns if column in probability_columns()]
    if order != probability_columns():
        raise DataError(
            f"the predictions of {member} ({file}) have the classes in the order {', '.join(order)}, this version has "
            f"{', '.join(probability_columns())}: train it again"
        )


def _check_keys(table: pd.DataFrame, member: str) -> None:
    if (twice := table["image_id"].duplicated()).any():
        raise DataError(f"{member} has {twice.sum()} images more than once, {table['image_id'][twice].iloc[0]} first")
    if (odd := ~table["label"].isin(range(len(CLASSES))) | ~table["split"].isin(SPLITS)).any():
        raise DataError(
            f"{member} has {odd.sum()} images whose label is not 0 to {len(CLASSES) - 1} or whose split is not of "
            f"{', '.join(SPLITS)}, {table['image_id'][odd].iloc[0]} first"
        )


def _same_images(first: pd.DataFrame, other: pd.DataFrame, first_name: str, name: str) -> None:
    if first[_KEYS].equals(other[_KEYS]):
        return
    ours, theirs = set(first["image_id"]), set(other["image_id"])
    lacking = [
        f"{who} lacks {len(lost)} images of the other, {min(lost)} first"
        for who, lost in ((first_name, theirs - ours), (name, ours - theirs))
        if lost
    ]
    what = ", ".join(lacking) or "splits or labels differ"
    raise DataError(f"{first_name} and {name} were trained on different records: {what}; train them on the same")


def _join(images: pd.DataFrame, manifest: Path) -> pd.DataFrame:
    known = _parquet(manifest / "manifest.parquet")
    if missing := set(_FROM_MANIFEST) - set(known.columns):
        raise DataError(f"the manifest in {manifest} lacks the columns {', '.join(sorted(missing))}: run ingest again")
    joined = images.merge(known[_FROM_MANIFEST], on="image_id", how="left", validate="one_to_one")
    lost = joined["group"].isna()
    if lost.any():
        raise DataError(
            f"{lost.sum()} predicted images are not in the manifest, {joined['image_id'][lost].iloc[0]} first"
        )
    return joined
