"""The manifest: which images there are, what is known of each, and in which split it is."""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from components.common.files import whole, write_json
from components.common.storage import Store
from components.common.taxonomy import CLASSES, SPLITS
from components.ingest import quarantine
from components.ingest.groups import Groups, group_images
from components.ingest.images import inspect_images
from components.ingest.splits import assign_splits, check_no_leak
from components.ingest.tables import read_tables

log = logging.getLogger(__name__)

COLUMNS: tuple[str, ...] = (
    "image_id",
    "source",
    "path",
    "label",
    "split",
    "group",
    "patient_id",
    "lesion_id",
    "sex",
    "age",
    "site",
    "width",
    "height",
    "bytes",
    "sha256",
    "phash",
)

_NUMBERS = {"age": "float64", "width": "int64", "height": "int64", "bytes": "int64"}


@dataclass(frozen=True)
class Manifest:
    """All that ingest finds out."""

    data: str
    """URI of the data."""
    data_version: str
    images: pd.DataFrame
    """`COLUMNS`, one row an image, sorted by image_id."""
    quarantine: pd.DataFrame
    """`quarantine.COLUMNS`."""
    near_identical: pd.DataFrame
    """See `near_identical_pairs`."""
    duplicates: Mapping[str, int]
    """See `Groups.counts`."""
    warnings: list[str]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the content of `images`."""
        return hashlib.sha256(self.images.to_csv(index=False, lineterminator="\n").encode()).hexdigest()

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Number of images for each split and class."""
        counts = self.images.groupby(["split", "label"]).size()
        return {split: {name: int(counts.get((split, name), 0)) for name in CLASSES} for split in SPLITS}

    @cached_property
    def splits(self) -> dict[str, int]:
        """Number of images for each split."""
        return {split: sum(counts.values()) for split, counts in self.counts.items()}


def build_manifest(store: Store, data_version: str, seed: int, maximum_quarantine_share: float) -> Manifest:
    """Read the tables, look at the images, find the groups, make the splits.

    Args:
        store: the data, laid out as ISIC lays it out.
        data_version: what this state of the data is called.
        seed: decides the splits.
        maximum_quarantine_share: the largest share of the tables' rows that may be unusable, 0 to 1.

    Raises:
        StorageError: the data cannot be read.
        SettingsError: the share is not between 0 and 1.
        DataError: the tables are missing or malformed, too much is quarantined, or what is left cannot be split.
    """
    tables = read_tables(store)
    quarantine.check_share(len(tables.images), tables.quarantine, maximum_quarantine_share)
    log.info("%d images in the tables of %s", len(tables.images), store.uri)
    inspection = inspect_images(store, tables.images["path"].tolist())
    images = tables.images.join(inspection.facts, on="path")
    # Broken images too: they tell which patients and lesions belong together.
    groups = group_images(images, tables.known_duplicates)
    images, refused = _sorted_out(images.assign(group=groups.names), inspection.faults)
    refused = quarantine.joined([tables.quarantine, refused])
    quarantine.check_share(len(images), refused, maximum_quarantine_share)
    images = images.assign(split=assign_splits(images["label"], images["group"], seed))
    check_no_leak(images["group"], images["split"])
    return _manifest(store.uri, data_version, images, refused, groups, tables.warnings)


def _sorted_out(images: pd.DataFrame, faults: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the images into those to keep and the quarantine: broken ones, and copies with different labels."""
    broken = images[images["path"].isin(faults.index)].join(faults, on="path")
    decoded = images.drop(broken.index)
    copies = decoded[decoded["sha256"].duplicated(keep=False)]
    labels = {digest: ", ".join(sorted(set(of_copies))) for digest, of_copies in copies.groupby("sha256")["label"]}
    detail = "copies of these bytes are labelled " + decoded["sha256"].map(labels).astype("str").fillna("")
    conflicting = decoded[detail.str.contains(", ")]
    return decoded.drop(conflicting.index), quarantine.joined(
        [
            quarantine.quarantined(broken, broken["reason"], broken["detail"]),
            quarantine.quarantined(conflicting, "conflicting_labels", detail),
        ]
    )


def _manifest(
    data: str, data_version: str, images: pd.DataFrame, refused: pd.DataFrame, groups: Groups, warnings: list[str]
) -> Manifest:
    types = {column: _NUMBERS.get(column, "str") for column in COLUMNS}
    images = images[list(COLUMNS)].astype(types).sort_values("image_id", ignore_index=True)
    return Manifest(data, data_version, images, refused, groups.near_identical, groups.counts, warnings)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `manifest.parquet`, `quarantine.parquet` and `manifest.json`, all or none.

    Raises:
        StorageError: they cannot be written.
    """
    with whole(folder) as beside:
        beside.mkdir()
        manifest.images.to_parquet(beside / "manifest.parquet", index=False)
        manifest.quarantine.to_parquet(beside / "quarantine.parquet", index=False)
        write_json(beside / "manifest.json", summary(manifest))


def summary(manifest: Manifest) -> dict[str, Any]:
    """What `manifest.json` holds."""
    return {
        "data": manifest.data,
        "data_version": manifest.data_version,
        "fingerprint": manifest.fingerprint,
        "images": len(manifest.images),
        "quarantined": len(manifest.quarantine),
        "splits": manifest.splits,
        "counts": manifest.counts,
    }


def metrics(manifest: Manifest) -> dict[str, float]:
    """The figures for KFP's Metrics."""
    return {
        "images": len(manifest.images),
        "quarantined": len(manifest.quarantine),
        "quarantined_share": quarantine.share(len(manifest.images), manifest.quarantine),
        **{f"{split}_images": count for split, count in manifest.splits.items()},
        "groups": int(manifest.images["group"].nunique()),
        **manifest.duplicates,
    }
