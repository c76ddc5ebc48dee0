"""The tables of all sources, read and validated into one canonical table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from components.common.store import Store
from components.ingest import quarantine
from components.ingest.dataset import Attribute, DataSet
from components.ingest.sources import Content, Source, find_sources
from components.ingest.vocabulary import ATTRIBUTES, clean_attributes

COLUMNS: tuple[str, ...] = (
    "image_id",
    "source",
    "data",
    "path",
    "label",
    "patient_id",
    "lesion_id",
    *ATTRIBUTES,
)

_IDS = ("patient_id", "lesion_id")
_EXTENSION = r"\.(?:jpe?g|png|tiff?|webp)$"


@dataclass(frozen=True)
class Tables:
    """What the sources' tables say."""

    images: pd.DataFrame
    """One row an image (`COLUMNS`), sorted by image_id, which is unique; text or NaN, but age (float64, years) and
    fitzpatrick (float64, 1 to 6)."""
    quarantine: pd.DataFrame
    """The rows that cannot be used (`quarantine.COLUMNS`)."""
    known_duplicates: pd.DataFrame
    """Pairs of image ids that the sources name as duplicates: image_id_1, image_id_2."""
    sources: list[Source]
    warnings: list[str]


def read_tables(stores: Sequence[Store]) -> Tables:
    """Read the tables of all data sets in the stores.

    Raises:
        StorageError: a file cannot be read.
        DataError: a store holds no data set, or a part of one, or a table is malformed.
    """
    sources = find_sources(stores)
    rows = pd.concat([_rows(source) for source in sources], ignore_index=True)
    kept, refused = _judged(rows)
    kept, warnings = clean_attributes(kept)
    for file, count in kept.pop("unmatched").value_counts().items():
        warnings.append(f"Images without a row in {file}, of whose patients nothing is known: {count}.")
    return Tables(
        images=kept[list(COLUMNS)].sort_values("image_id", ignore_index=True),
        quarantine=refused,
        known_duplicates=pd.concat([source.duplicates for source in sources], ignore_index=True),
        sources=sources,
        warnings=warnings,
    )


def _rows(source: Source) -> pd.DataFrame:
    """The rows of one source: `COLUMNS` (attributes as text), problem, detail, unmatched.

    The label is NaN where the row gives none, and the problem and detail say why; the path is empty where the image's
    name is not that of a file in its folder.
    """
    data_set = source.data_set
    joined = _joined(source)
    names = joined["image"].fillna("")
    inside = ~names.str.contains(r"[/\\]|^\.*$", regex=True)
    before, after = source.images.split("{image}")
    rows = pd.DataFrame(
        {
            "image_id": data_set.id_prefix + names.str.replace(_EXTENSION, "", regex=True, case=False),
            "source": data_set.name,
            "data": source.store.uri,
            "path": (before + names + after).where(inside, ""),
            "unmatched": joined["unmatched"],
        }
    )
    for attribute in (*_IDS, *ATTRIBUTES):
        rows[attribute] = joined.get(attribute, pd.Series(np.nan, joined.index, dtype="str"))
    for attribute in _IDS:
        rows[attribute] = data_set.id_prefix + rows[attribute].astype("str")
    for attribute, meanings in data_set.values.items():
        if attribute != "diagnosis":
            rows[attribute] = rows[attribute].str.lower().replace(meanings)
    return rows.assign(**joined[["label", "problem", "detail"]])


def _joined(source: Source) -> pd.DataFrame:
    """The source's tables side by side: image, the attributes, and in unmatched a table that lacks the image."""
    first, *others = source.contents
    rows = _named(first, source.data_set)
    unmatched = pd.Series(np.nan, rows.index, dtype="str")
    for other in others:
        found = _named(other, source.data_set).drop_duplicates("image")
        rows = rows.merge(found, how="left", on="image", indicator="matched", validate="many_to_one")
        unmatched = unmatched.mask(rows.pop("matched") == "left_only", other.file)
    return rows.assign(unmatched=unmatched)


def _named(content: Content, data_set: DataSet) -> pd.DataFrame:
    """A table's columns under the names that all sources share; label, problem and detail if it gives the diagnosis."""
    table, rows = content.table, content.rows
    optional = {name: column for name, column in table.optional.items() if column in rows}
    columns: dict[Attribute, Any] = {**table.columns, **optional}
    diagnosis = columns.pop("diagnosis", None)
    named = pd.DataFrame({"image": rows[table.image]} | {str(name): rows[column] for name, column in columns.items()})
    if table.one_hot:
        return named.assign(**_one_hot(rows[table.one_hot]))
    if diagnosis:
        named_columns = [diagnosis] if isinstance(diagnosis, str) else list(diagnosis)
        return named.assign(**_diagnosed(rows[named_columns], data_set.diagnoses))
    return named


def _one_hot(columns: pd.DataFrame) -> dict[str, Any]:
    """Labels from columns of ones and zeros."""
    flags = columns.apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    usable = np.isin(flags, (0.0, 1.0)).all(axis=1) & (flags.sum(axis=1) == 1.0)
    classes = np.array(columns.columns, dtype=object)
    label = pd.Series(classes[(flags == 1.0).argmax(axis=1)], columns.index, dtype="str").where(usable)
    detail = [
        ", ".join(f"{name}={value:g}" for name, value in zip(classes, row, strict=True) if value != 0) or "no class set"
        for row in flags[~usable]
    ]
    return {
        "label": label,
        "problem": "not_one_class",
        "detail": pd.Series(detail, columns.index[~usable], dtype="str"),
    }


def _diagnosed(columns: pd.DataFrame, meanings: dict[str, str]) -> dict[str, Any]:
    """Labels from diagnoses, of which the last that is known counts."""
    label = words = pd.Series(np.nan, columns.index, dtype="str")
    for name in columns:
        label = columns[name].map(meanings).astype("str").fillna(label)
        words = columns[name].fillna(words)
    return {"label": label, "problem": "unknown_diagnosis", "detail": "diagnosis " + words.fillna("(empty)")}


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
