"""The tables of all sources, read and validated into one canonical table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from components.common.store import Store
from components.ingest import quarantine
from components.ingest.dataset import DataSet
from components.ingest.sources import NO_PAIRS, Content, Source, find_sources
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
_ONE_OF_SOURCE = ["image_id", "source", "data"]
_OUTSIDE = r"\\|^[A-Za-z]:|(?:^|/)\.*(?:/|$)"
"""In the name of a file that does not lie in its folder or below: backslash, drive, a part that is empty or dots."""


@dataclass(frozen=True)
class Tables:
    """What the sources' tables say."""

    images: pd.DataFrame
    """One row an image (`COLUMNS`), sorted by image_id, which is unique; text or NaN, but age (float64, years) and
    fitzpatrick (float64, 1 to 6)."""
    quarantine: pd.DataFrame
    """The rows that cannot be used (`quarantine.COLUMNS`)."""
    links: pd.DataFrame
    """What any row, usable or not, says of patients and lesions: image_id (not unique), patient_id, lesion_id; text or
    NaN, but not both. Of rows that repeat an image or have no label, this is all that is kept."""
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
    tables = [[_named(content, source.data_set) for content in source.contents] for source in sources]
    rows = pd.concat(map(_rows, sources, tables), ignore_index=True)
    rows, not_understood = clean_attributes(rows)
    good, refused = _judged(rows)
    images = good.drop_duplicates("image_id")
    return Tables(
        images=images[list(COLUMNS)].sort_values("image_id", ignore_index=True),
        quarantine=refused,
        links=pd.concat([_links(table) for of_source in tables for table in of_source], ignore_index=True),
        known_duplicates=pd.concat(
            [NO_PAIRS, *(source.duplicates for source in sources if source.duplicates is not None)], ignore_index=True
        ),
        sources=sources,
        warnings=[*not_understood, *_unmatched(images), *_shared(images, good), *_without_duplicates(sources)],
    )


def _unmatched(images: pd.DataFrame) -> list[str]:
    return [
        f"Images without a row in {file}, of whose patients nothing is known: {count}."
        for file, count in images["unmatched"].value_counts().items()
    ]


def _shared(images: pd.DataFrame, good: pd.DataFrame) -> list[str]:
    """A warning for each two sources that have the same images.

    Args:
        images: the rows that are used.
        good: these and the same images' rows of other sources.
    """
    others = good.drop(images.index).merge(images[_ONE_OF_SOURCE], on="image_id", suffixes=("", "_used"))
    counts = others.groupby(["source_used", "data_used", "source", "data"]).size()
    warnings = []
    for (used, used_data, other, data), count in counts.items():
        if used == other:
            used, other = f"{used} in {used_data}", f"{other} in {data}"
        warnings.append(f"Images that are in both {used} and {other}: {count}; those of {used} are used.")
    return warnings


def _without_duplicates(sources: Sequence[Source]) -> list[str]:
    return [
        f"{source.data_set.title} comes without its list of duplicates, {source.data_set.duplicates.files[0]}: "
        "copies that do not look alike may lie in different splits; add it."
        for source in sources
        if source.duplicates is None and source.data_set.duplicates
    ]


def _links(table: pd.DataFrame) -> pd.DataFrame:
    """The patients and lesions of a table (see `_named`), whatever else is wrong with its rows."""
    links = table.reindex(columns=["image_id", *_IDS])[_usable(table["image"])]
    return links.dropna(subset=_IDS, how="all").astype("str")


def _usable(names: pd.Series) -> pd.Series:
    return ~names.str.contains(_OUTSIDE, regex=True)


def _first_of_each(rows: pd.DataFrame, *by: str) -> pd.DataFrame:
    """The first row for each value of `by`; what it lacks is taken from the image's first row that has it."""
    first = rows.drop_duplicates(list(by))
    again = rows[rows["image_id"].duplicated(keep=False)]
    if again.empty:
        return first
    told = {}
    for column in first.columns.intersection([*_IDS, *ATTRIBUTES]):
        known = again.dropna(subset=column).drop_duplicates("image_id").set_index("image_id")[column]
        told[column] = first[column].fillna(first["image_id"].map(known))
    return first.assign(**told)


def _rows(source: Source, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The rows of one source: `COLUMNS` (attributes as text), problem, detail, unmatched.

    The label is NaN where the row gives none, and the problem and detail say why; the path is empty where the image's
    name is not that of a file in its folder.
    """
    data_set = source.data_set
    joined = _joined(source, tables)
    before, after = source.images.split("{image}")
    rows = pd.DataFrame(
        {
            "image_id": joined["image_id"],
            "source": data_set.name,
            "data": source.store.uri,
            "path": (before + joined["image"] + after).where(_usable(joined["image"]), ""),
            "unmatched": joined["unmatched"],
        }
    )
    for attribute in (*_IDS, *ATTRIBUTES):
        rows[attribute] = joined.get(attribute, pd.Series(np.nan, joined.index, dtype="str"))
    for attribute, meanings in data_set.values.items():
        if attribute != "diagnosis":
            rows[attribute] = rows[attribute].str.lower().replace(meanings)
    return rows.assign(**joined[["label", "problem", "detail"]])


def _joined(source: Source, tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The source's tables (see `_named`) side by side, and in unmatched one that lacks the image."""
    rows = tables[0].assign(unmatched=pd.Series(np.nan, tables[0].index, dtype="str"))
    for content, table in zip(source.contents[1:], tables[1:], strict=True):
        # Of a table that gives the diagnosis each different one counts: they contradict each other.
        found = _first_of_each(table.drop(columns="image"), *table.columns.intersection(["image_id", "label"]))
        rows = rows.merge(found, how="left", on="image_id", indicator="matched")
        absent = rows.pop("matched") == "left_only"
        rows["unmatched"] = rows["unmatched"].mask(absent, content.file)
        if "label" in table:
            rows.loc[absent, ["problem", "detail"]] = ["unknown_diagnosis", f"no row in {content.file}"]
    return rows


def _named(content: Content, data_set: DataSet) -> pd.DataFrame:
    """A table under the names that all sources share: image ("" where empty), image_id, the attributes it has; label,
    problem and detail if it gives the diagnosis."""
    table, rows = content.table, content.rows
    columns: dict[str, Any] = {str(name): column for name, column in table.columns.items()}
    columns |= {name: column for name, column in table.optional.items() if column in rows}
    diagnosis = columns.pop("diagnosis", None)
    image = rows[table.image].fillna("")
    attributes = {name: data_set.ids(rows[of]) if name in _IDS else rows[of] for name, of in columns.items()}
    named = pd.DataFrame({"image": image, "image_id": data_set.ids(image), **attributes})
    if table.one_hot:
        return named.assign(**_one_hot(rows[table.one_hot]))
    if diagnosis:
        named_columns = dict.fromkeys([diagnosis] if isinstance(diagnosis, str) else diagnosis)
        return named.assign(**_diagnosed(rows[list(named_columns)], data_set.diagnoses))
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
    """Part the rows into those to use, one an image and source, and the quarantine."""
    outside = rows["path"] == ""
    unlabelled = ~outside & rows["label"].isna()
    good = rows[~outside & ~unlabelled]
    labels = good.groupby("image_id")["label"].transform("nunique")
    conflicting = good[labels > 1]
    repeated = good[(labels == 1) & good.duplicated(_ONE_OF_SOURCE)]
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
    return _first_of_each(good.drop(conflicting.index), *_ONE_OF_SOURCE), refused
