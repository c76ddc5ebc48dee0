"""Reading what ingest wrote: the manifest, checked before any work."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from components.common import demographics
from components.common.errors import DataError, StorageError
from components.common.files import read_json
from components.common.taxonomy import CLASS_INDEX, SPLITS
from components.preprocess.shards import Item

TABLE = "manifest.parquet"
COLUMNS: tuple[str, ...] = ("image_id", "source", "data", "path", "label", "split", "sex", "age", "site")


@dataclass(frozen=True)
class Manifest:
    """The images to preprocess."""

    fingerprint: str
    """SHA-256 over the table, as ingest gives it."""
    splits: dict[str, list[Item]]
    """For each of `taxonomy.SPLITS` its images, in the manifest's order."""

    @property
    def images(self) -> int:
        """Number of images in all splits."""
        return sum(len(items) for items in self.splits.values())


def read_manifest(folder: Path) -> Manifest:
    """Read a manifest.

    Raises:
        StorageError: a file of it is absent or unreadable.
        DataError: it is empty, lacks a column or an entry, or holds a value outside its vocabulary.
    """
    facts = read_json(folder / "manifest.json")
    if "fingerprint" not in facts:
        raise DataError(f"{folder / 'manifest.json'} lacks the fingerprint: run ingest again")
    table = _read_table(folder / TABLE)
    splits: dict[str, list[Item]] = {split: [] for split in SPLITS}
    for row in table[list(COLUMNS)].to_dict("records"):
        splits[row["split"]].append(_item(row, folder))
    return Manifest(fingerprint=facts["fingerprint"], splits=splits)


def _read_table(path: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {path}: {error}") from error
    if missing := [column for column in COLUMNS if column not in table]:
        raise DataError(f"{path} lacks the columns {', '.join(missing)}; it has {', '.join(map(str, table.columns))}")
    if table.empty:
        raise DataError(f"{path} holds no image: look at ingest's data card for the reason")
    _check_vocabulary(table, path, "label", tuple(CLASS_INDEX))
    _check_vocabulary(table, path, "split", SPLITS)
    if not (placed := table["data"].notna() & (table["data"] != "")).all():
        nowhere = table.loc[~placed, "image_id"].iloc[0]
        raise DataError(f"{path} does not say where {nowhere} lies: data must be a folder or gs://bucket/prefix")
    if repeated := table.loc[table["image_id"].duplicated(), "image_id"].tolist():
        raise DataError(f"{path} names {repeated[0]} in more than one row; image_id must be unique")
    return table


def _check_vocabulary(table: pd.DataFrame, path: Path, column: str, vocabulary: tuple[str, ...]) -> None:
    wrong = table[~table[column].isin(vocabulary)]
    if not wrong.empty:
        row = wrong.iloc[0]
        raise DataError(
            f"{path}: the {column} of {row['image_id']} is {row[column]!r}, not one of {', '.join(vocabulary)}"
        )


def _item(row: dict[Any, Any], folder: Path) -> Item:
    sex, age, site = (None if pd.isna(row[column]) else row[column] for column in ("sex", "age", "site"))
    try:
        code = demographics.encode(sex, age, site)
    except ValueError as error:
        raise DataError(f"{folder / TABLE}: {row['image_id']}: {error}") from error
    return Item(row["image_id"], row["source"], row["data"], row["path"], CLASS_INDEX[row["label"]], code)
