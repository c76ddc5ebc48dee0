"""The members' predictions, read, checked against each other, and put side by side."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from components.common.errors import DataError, StorageError
from components.common.member import Member
from components.common.predictions import probability_columns

_KEYS = ["image_id", "split", "label"]


@dataclass(frozen=True)
class Split:
    """The images of one split, with what every member says of them."""

    images: pd.DataFrame
    """One row an image: image_id, split, label, group, and the manifest's other columns."""
    labels: np.ndarray
    """int64 [images]: class indexes."""
    probabilities: np.ndarray
    """float64 [images, M, 9]."""


def read_splits(manifest: Path, members: list[Member], files: list[Path]) -> dict[str, Split]:
    """Read the members' predictions, by split.

    Args:
        manifest: the folder that ingest wrote.
        members: of the ensemble.
        files: their predictions, in the same order.

    Raises:
        DataError: a table lacks a column, holds a value that is no probability, or is of other images than the first.
    """
    tables = [_read(file, member.name) for file, member in zip(files, members, strict=True)]
    for member, table in zip(members[1:], tables[1:], strict=True):
        _same_images(tables[0], table, members[0].name, member.name)
    images = _join(tables[0][_KEYS], manifest)
    stacked = np.stack([table[probability_columns()].to_numpy(np.float64) for table in tables], axis=1)
    splits = {}
    for split in images["split"].unique():
        rows = (images["split"] == split).to_numpy()
        chosen = images[rows].reset_index(drop=True)
        splits[str(split)] = Split(chosen, chosen["label"].to_numpy(np.int64), stacked[rows])
    for split in ("validation", "test"):
        if split not in splits:
            raise DataError(f"the predictions have no {split} images: give ingest more data")
    return splits


def _parquet(file: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {file}: {error}; run the stage that writes it again") from error


def _read(file: Path, member: str) -> pd.DataFrame:
    table = _parquet(file)
    if missing := set(_KEYS + probability_columns()) - set(table.columns):
        raise DataError(f"the predictions of {member} ({file}) lack the columns {', '.join(sorted(missing))}")
    values = table[probability_columns()].to_numpy(np.float64)
    bad = ~np.isfinite(values).all(axis=1) | (values < 0).any(axis=1) | (np.abs(values.sum(axis=1) - 1) > 1e-3)
    if bad.any():
        first = table["image_id"][bad].iloc[0]
        raise DataError(
            f"{member} gives {bad.sum()} images no probabilities (NaN, negative, or not adding up), {first} first"
        )
    return table.sort_values("image_id", ignore_index=True)


def _same_images(first: pd.DataFrame, other: pd.DataFrame, first_name: str, name: str) -> None:
    if first[_KEYS].equals(other[_KEYS]):
        return
    odd = sorted(set(first["image_id"]) ^ set(other["image_id"]))
    what = f"{len(odd)} images are predicted by one only, {odd[0]} first" if odd else "splits or labels differ"
    raise DataError(f"{first_name} and {name} were trained on different records: {what}")


def _join(images: pd.DataFrame, manifest: Path) -> pd.DataFrame:
    known = _parquet(manifest / "manifest.parquet").drop(columns=["split", "label"])
    joined = images.merge(known, on="image_id", how="left", validate="one_to_one")
    lost = joined["group"].isna()
    if lost.any():
        raise DataError(
            f"{lost.sum()} predicted images are not in the manifest, {joined['image_id'][lost].iloc[0]} first"
        )
    return joined
