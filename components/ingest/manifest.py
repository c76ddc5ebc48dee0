"""The manifest: which images there are, what is known of each, and in which split it is."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from components.common.errors import StorageError
from components.common.files import whole, write_json
from components.common.store import Store
from components.common.taxonomy import CLASSES, SPLITS
from components.ingest import quarantine
from components.ingest.changes import Changes, changes
from components.ingest.groups import Groups, group_images
from components.ingest.history import History, State
from components.ingest.images import Inspection, inspect_images
from components.ingest.sources import Source
from components.ingest.splits import assign_splits, check_no_leak, settled_groups
from components.ingest.tables import Tables, read_tables

log = logging.getLogger(__name__)

COLUMNS: tuple[str, ...] = (
    "image_id",
    "source",
    "data",
    "path",
    "label",
    "split",
    "group",
    "patient_id",
    "lesion_id",
    "sex",
    "age",
    "site",
    "fitzpatrick",
    "width",
    "height",
    "bytes",
    "border",
    "typology_angle",
    "sha256",
    "phash",
)

_NUMBERS = {
    "age": "float64",
    "fitzpatrick": "float64",
    "width": "int64",
    "height": "int64",
    "bytes": "int64",
    "border": "float64",
    "typology_angle": "float64",
}

# How often other runs may be first in adding a state of the data, before that is taken for a fault.
_ATTEMPTS = 20


@dataclass(frozen=True)
class Manifest:
    """All that ingest finds out."""

    data: list[str]
    """URIs of the folders and buckets that the images' paths are below."""
    data_version: str
    images: pd.DataFrame
    """`COLUMNS`, one row an image, sorted by image_id."""
    quarantine: pd.DataFrame
    """`quarantine.COLUMNS`."""
    near_identical: pd.DataFrame
    """See `near_identical_pairs`."""
    duplicates: Mapping[str, int]
    """See `Groups.counts`."""
    sources: list[Source]
    unnamed: int
    """Number of image files that no table names."""
    warnings: list[str]
    before: State | None
    """The state of the data to compare with; None where no history is kept."""

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the content of `images`."""
        return fingerprint(self.images)

    @cached_property
    def counts(self) -> dict[str, dict[str, int]]:
        """Number of images for each split and class."""
        counts = self.images.groupby(["split", "label"]).size()
        return {split: {name: int(counts.get((split, name), 0)) for name in CLASSES} for split in SPLITS}

    @cached_property
    def splits(self) -> dict[str, int]:
        """Number of images for each split."""
        return {split: sum(counts.values()) for split, counts in self.counts.items()}

    @cached_property
    def changes(self) -> Changes | None:
        """Since the state of the data before; None where there is none."""
        if self.before is None or not self.before.number:
            return None
        return changes(self.before.present, self.images, set(self.quarantine["image_id"]))


def fingerprint(images: pd.DataFrame) -> str:
    """SHA-256 over the images of a manifest (`COLUMNS`); the same data in another place has the same one."""
    content = images.drop(columns=["data", "path"]).to_csv(index=False, lineterminator="\n")
    return hashlib.sha256(content.encode()).hexdigest()


def build_manifest(
    stores: Sequence[Store], history: History | None, data_version: str, seed: int, maximum_quarantine_share: float
) -> Manifest:
    """Read the tables, look at the images, find the groups, make the splits.

    Args:
        stores: the data.
        history: the earlier states of the data, whose splits are kept, and to which this one is added; None: splits are
            made from this state alone.
        data_version: what this state of the data is called.
        seed: decides the splits.
        maximum_quarantine_share: the largest share of the tables' rows that may be unusable, 0 to 1.

    Raises:
        StorageError: the data or the history cannot be read.
        SettingsError: the share is not between 0 and 1.
        DataError: the tables are missing or malformed, too much is quarantined, or what is left cannot be split.
    """
    tables = read_tables(stores)
    quarantine.check_share(len(tables.images), tables.quarantine, maximum_quarantine_share)
    log.info("%d images in the tables of %s", len(tables.images), ", ".join(store.uri for store in stores))
    inspection = inspect_images(stores, tables.images)
    if history is None:
        divided = _divide(tables, inspection, State(), seed, maximum_quarantine_share)
        return _manifest(tables, inspection, divided, data_version, before=None)
    for _ in range(_ATTEMPTS):
        latest = history.latest()
        divided = _divide(tables, inspection, latest, seed, maximum_quarantine_share)
        manifest = _manifest(tables, inspection, divided, data_version, before=latest)
        if history.add(latest, manifest.images, data_version, manifest.fingerprint):
            # A run that was killed after this line finds its own state here: it is not what a person compares with.
            return replace(manifest, before=history.before(manifest.fingerprint))
        log.info("another run has added a state of the data meanwhile: the splits are made again after it")
    raise StorageError(
        f"other runs were first {_ATTEMPTS} times in a row in adding a state of the data: run fewer at a time"
    )


@dataclass(frozen=True)
class _Divided:
    images: pd.DataFrame
    refused: pd.DataFrame
    groups: Groups


def _divide(
    tables: Tables, inspection: Inspection, latest: State, seed: int, maximum_quarantine_share: float
) -> _Divided:
    """Find the groups, leave out what cannot be used, make the splits."""
    images = tables.images.join(inspection.facts)
    # What is broken, refused or gone takes part too: it tells which patients and lesions belong together.
    groups = group_images(images, tables.known_duplicates, pd.concat([tables.links, latest.images]))
    images, refused = _sorted_out(images.assign(group=images["image_id"].map(groups.names)), inspection.faults)
    settled = settled_groups(groups.names, latest.splits)
    images, moved = _unmoved(images, settled, latest.splits)
    refused = quarantine.joined([tables.quarantine, refused, moved])
    quarantine.check_share(len(images), refused, maximum_quarantine_share)
    images = images.assign(split=assign_splits(images["label"], images["group"], seed, settled))
    check_no_leak(images["group"], images["split"])
    return _Divided(images, refused, groups)


def _sorted_out(images: pd.DataFrame, faults: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the images into those to keep and the quarantine: broken ones, and copies with different labels."""
    broken = images.join(faults, how="inner")
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


def _unmoved(images: pd.DataFrame, settled: pd.Series, splits: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the images into those to keep and the quarantine: those that would have to move to their group's split.

    No image moves, and no group crosses splits: where new data shows that images of several splits belong together,
    those that a model has learnt the least from give way.
    """
    had = images["image_id"].map(splits).astype("str")
    has = images["group"].map(settled).astype("str")
    crossing = images[had.notna() & (had != has)]
    detail = "was in " + had + ", and new data shows that it belongs to a group in " + has
    return images.drop(crossing.index), quarantine.quarantined(crossing, "split_conflict", detail)


def _manifest(
    tables: Tables, inspection: Inspection, divided: _Divided, data_version: str, before: State | None
) -> Manifest:
    types = {column: _NUMBERS.get(column, "str") for column in COLUMNS}
    return Manifest(
        data=list(dict.fromkeys(source.store.uri for source in tables.sources)),
        data_version=data_version,
        images=divided.images[list(COLUMNS)].astype(types).sort_values("image_id", ignore_index=True),
        quarantine=divided.refused,
        near_identical=divided.groups.near_identical,
        duplicates=divided.groups.counts,
        sources=tables.sources,
        unnamed=inspection.unnamed,
        warnings=tables.warnings,
        before=before,
    )


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
        "licences": {source.data_set.title: source.data_set.licence for source in manifest.sources},
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
        "unnamed_files": manifest.unnamed,
    }
