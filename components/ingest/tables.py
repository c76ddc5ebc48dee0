"""The tables of ISIC 2019 and SIIM-ISIC 2020, read and validated into one canonical table.

Layout, below the data root: `2019/` and `2020/`, each as https://challenge.isic-archive.com/data/ gives it; either may
be missing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.errors import DataError
from components.common.storage import Store
from components.common.taxonomy import CLASSES, DIAGNOSES_2020
from components.ingest import quarantine
from components.ingest.csvs import read_csv
from components.ingest.vocabulary import clean_demographics

COLUMNS: tuple[str, ...] = (
    "image_id",
    "source",
    "path",
    "label",
    "patient_id",
    "lesion_id",
    "sex",
    "age",
    "site",
)

TRUTH_2019 = "2019/ISIC_2019_Training_GroundTruth.csv"
METADATA_2019 = "2019/ISIC_2019_Training_Metadata.csv"
IMAGES_2019 = "2019/ISIC_2019_Training_Input"
TRUTH_2020 = "2020/train.csv"
DUPLICATES_2020 = "2020/ISIC_2020_Training_Duplicates.csv"
IMAGES_2020 = "2020/train"


@dataclass(frozen=True)
class Tables:
    """What the sources' tables say."""

    images: pd.DataFrame
    """One row an image (`COLUMNS`), sorted by image_id, which is unique; text or NaN, but age: float64 years."""
    quarantine: pd.DataFrame
    """The rows that cannot be used (`quarantine.COLUMNS`)."""
    known_duplicates: pd.DataFrame
    """Pairs of image ids that the source names as duplicates: image_id_1, image_id_2."""
    warnings: list[str]


@dataclass(frozen=True)
class _Source:
    name: str
    images: str
    tables: tuple[str, ...]
    read: Callable[[Store], pd.DataFrame]
    """Gives the columns image_id, label or NaN, problem, detail, and of `COLUMNS` the last five as text."""


def read_tables(store: Store) -> Tables:
    """Read what there is of both years.

    Raises:
        StorageError: a file cannot be read.
        DataError: neither year is there, a year lacks one of its tables, or a table is malformed.
    """
    present = [source for source in _SOURCES if _is_present(store, source)]
    if not present:
        expected = "; or ".join(f"{', '.join(source.tables)} and {source.images}/*.jpg" for source in _SOURCES)
        raise DataError(f"no ISIC tables in {store.uri}; expected {expected}")
    rows = pd.concat([_located(source, source.read(store)) for source in present], ignore_index=True)
    kept, refused = _judged(rows)
    kept, warnings = clean_demographics(kept)
    if unmatched := int(kept.pop("unmatched").sum()):
        warnings.append(f"Images without a row in {METADATA_2019}, of whose patients nothing is known: {unmatched}.")
    return Tables(
        images=kept[list(COLUMNS)].sort_values("image_id", ignore_index=True),
        quarantine=refused,
        known_duplicates=_read_known_duplicates(store),
        warnings=warnings,
    )


def _is_present(store: Store, source: _Source) -> bool:
    absent = [table for table in source.tables if not store.exists(table)]
    if not absent:
        return True
    if len(absent) == len(source.tables) and not store.names(source.images):
        return False
    raise DataError(f"{store.uri} holds a part of {source.name} but not {', '.join(absent)}: add it")


def _read_2019(store: Store) -> pd.DataFrame:
    truth = read_csv(store, TRUTH_2019, ("image", *CLASSES)).rename(columns={"image": "image_id"})
    metadata = read_csv(store, METADATA_2019, ("image", "age_approx", "anatom_site_general", "lesion_id", "sex"))
    metadata = metadata.rename(columns={"image": "image_id", "age_approx": "age", "anatom_site_general": "site"})
    rows = truth[["image_id"]].merge(
        metadata.drop_duplicates("image_id"), how="left", on="image_id", indicator="matched", validate="many_to_one"
    )
    flags = truth[list(CLASSES)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    usable = np.isin(flags, (0.0, 1.0)).all(axis=1) & (flags.sum(axis=1) == 1.0)
    label = pd.Series(np.array(CLASSES)[(flags == 1.0).argmax(axis=1)], rows.index, dtype="str").where(usable)
    detail = [
        ", ".join(f"{name}={value:g}" for name, value in zip(CLASSES, row, strict=True) if value != 0) or "no class set"
        for row in flags[~usable]
    ]
    return rows.assign(
        patient_id=pd.Series(np.nan, rows.index, dtype="str"),
        label=label,
        problem="not_one_class",
        detail=pd.Series(detail, rows.index[~usable], dtype="str"),
        unmatched=rows["matched"] == "left_only",
    )


def _read_2020(store: Store) -> pd.DataFrame:
    columns = ("image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge", "diagnosis")
    rows = read_csv(store, TRUTH_2020, columns).rename(
        columns={"image_name": "image_id", "age_approx": "age", "anatom_site_general_challenge": "site"}
    )
    return rows.assign(
        lesion_id=pd.Series(np.nan, rows.index, dtype="str"),
        label=rows["diagnosis"].map(DIAGNOSES_2020),
        problem="unknown_diagnosis",
        detail="diagnosis " + rows["diagnosis"].fillna("(empty)"),
        unmatched=False,
    )


_SOURCES: tuple[_Source, ...] = (
    _Source("isic2019", IMAGES_2019, (TRUTH_2019, METADATA_2019), _read_2019),
    _Source("isic2020", IMAGES_2020, (TRUTH_2020,), _read_2020),
)


def _located(source: _Source, rows: pd.DataFrame) -> pd.DataFrame:
    """Add where each image should lie; the path is empty where the name is not that of a file in the folder."""
    names = rows["image_id"].fillna("")
    inside = ~names.str.contains(r"[/\\]|^\.*$", regex=True)
    return rows.assign(
        image_id=names, source=source.name, path=(source.images + "/" + names + ".jpg").where(inside, "")
    )


def _judged(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Part the rows into those to use and the quarantine."""
    outside = rows["path"] == ""
    unlabelled = ~outside & rows["label"].isna()
    good = rows[~outside & ~unlabelled]
    labels = good.groupby("image_id")["label"].transform("nunique")
    conflicting = good[labels > 1]
    repeated = good[(labels == 1) & good["image_id"].duplicated()]
    refused = quarantine.joined(
        [
            quarantine.quarantined(
                rows[outside], "invalid_name", "image name " + rows.loc[outside, "image_id"].map(repr)
            ),
            quarantine.quarantined(rows[unlabelled], rows["problem"], rows["detail"]),
            quarantine.quarantined(conflicting, "conflicting_labels", "a row says " + conflicting["label"]),
            quarantine.quarantined(repeated, "repeated_row", "repeats the row of " + repeated["image_id"]),
        ]
    )
    return good.drop(conflicting.index).drop(repeated.index), refused


def _read_known_duplicates(store: Store) -> pd.DataFrame:
    names = ("image_id_1", "image_id_2")
    if not store.exists(DUPLICATES_2020):
        return pd.DataFrame(columns=list(names), dtype="str")
    pairs = read_csv(store, DUPLICATES_2020, ("image_name_1", "image_name_2"), allow_empty=True)
    return pairs.set_axis(list(names), axis=1).dropna(ignore_index=True)
