"""Which data sets lie where."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter

import pandas as pd

from components.common.errors import DataError
from components.common.store import Store
from components.ingest.csvs import columns_of, missing, read_csv
from components.ingest.dataset import OWN_DESCRIPTION, DataSet, Table, known_data_sets, parse

NO_PAIRS = pd.DataFrame(columns=["image_id_1", "image_id_2"], dtype="str")
"""No images that are duplicates."""


@dataclass(frozen=True)
class Content:
    """One table as read."""

    table: Table
    file: str
    """POSIX path below the store's root."""
    rows: pd.DataFrame
    """All columns, as text."""


@dataclass(frozen=True)
class Source:
    """A data set as found in a store."""

    data_set: DataSet
    store: Store
    folder: str
    """Where it lies below the store's root, "" or ending in a slash."""
    contents: tuple[Content, ...]
    """Of each of its tables."""
    duplicates: pd.DataFrame | None
    """Pairs that the data set names: image_id_1, image_id_2; None where its list of them is missing."""

    @property
    def images(self) -> str:
        """Path of an image below the store's root; {image} stands for its name."""
        return self.folder + self.data_set.images

    @property
    def files(self) -> list[str]:
        """Its tables, and its list of duplicates if that is there: POSIX paths below the store's root."""
        listed = self.data_set.duplicates
        duplicates = _first(self.store, self.folder, listed.files) if listed else None
        return [*(content.file for content in self.contents), *([duplicates] if duplicates else [])]


def find_sources(stores: Sequence[Store]) -> list[Source]:
    """Find the data sets in each store, and read their tables.

    A store with a `dataset.toml` holds the data set described there; any other the known ones whose tables it has.

    Raises:
        StorageError: a file cannot be read.
        DataError: a store holds no data set, or a part of one, or a table or description is malformed.
    """
    return [source for store in stores for source in _in_store(store)]


def _in_store(store: Store) -> list[Source]:
    own = store.exists(OWN_DESCRIPTION)
    described = (
        [parse(store.read(OWN_DESCRIPTION).decode(errors="replace"), f"{OWN_DESCRIPTION} in {store.uri}")]
        if own
        else known_data_sets()
    )
    found = [source for data_set in described if (source := _find(data_set, store))]
    if not found:
        expected = "; or ".join(f"{', '.join(_expected(data_set))} ({data_set.title})" for data_set in described)
        raise DataError(f"no data set in {store.uri}; expected {expected}; or a {OWN_DESCRIPTION} that describes one")
    # Several data sets may give a table the same name: its columns tell whose it is.
    fitting = [source for source in found if not _lacking(source)]
    claimed = {content.file for source in fitting for content in source.contents}
    unfit = [
        (len(missing(content.rows, content.table.required)), source.data_set.name, content)
        for source in found
        for content in source.contents
        if content.file not in claimed and missing(content.rows, content.table.required)
    ]
    if unfit:
        _, name, nearest = min(unfit, key=itemgetter(0))
        columns_of(nearest.rows, nearest.table.required, f"{nearest.file} in {store.uri}, as a table of {name},")
    return fitting


def _find(data_set: DataSet, store: Store) -> Source | None:
    for folder in (f"{folder}/" if folder else "" for folder in data_set.folders):
        files = [_first(store, folder, table.files) for table in data_set.tables]
        if not any(files):
            # Without a folder of its own the images' may be anybody's.
            if folder and store.names(folder + data_set.images.partition("{image}")[0].rstrip("/")):
                raise _partial(data_set, store, [folder + table.files[0] for table in data_set.tables])
            continue
        absent = [folder + table.files[0] for table, file in zip(data_set.tables, files, strict=True) if file is None]
        if absent:
            raise _partial(data_set, store, absent)
        contents = tuple(
            Content(table, file, read_csv(store, file))
            for table, file in zip(data_set.tables, files, strict=True)
            if file
        )
        return Source(data_set, store, folder, contents, _known_duplicates(data_set, store, folder))
    return None


def _first(store: Store, folder: str, names: Sequence[str]) -> str | None:
    return next((folder + name for name in names if store.exists(folder + name)), None)


def _partial(data_set: DataSet, store: Store, absent: list[str]) -> DataError:
    return DataError(f"{store.uri} holds a part of {data_set.name} but not {', '.join(absent)}: add it")


def _expected(data_set: DataSet) -> list[str]:
    folder = f"{data_set.folders[0]}/" if data_set.folders[0] else ""
    names = [table.files[0] for table in data_set.tables]
    return [folder + name for name in (*names, data_set.images.replace("{image}", "*"))]


def _lacking(source: Source) -> list[str]:
    return [name for content in source.contents for name in missing(content.rows, content.table.required)]


def _known_duplicates(data_set: DataSet, store: Store, folder: str) -> pd.DataFrame | None:
    if not data_set.duplicates:
        return NO_PAIRS
    if not (file := _first(store, folder, data_set.duplicates.files)):
        return None
    table = read_csv(store, file, allow_empty=True)
    pairs = columns_of(table, data_set.duplicates.columns, f"{file} in {store.uri}")
    return pairs.set_axis(NO_PAIRS.columns, axis=1).apply(data_set.ids).dropna(ignore_index=True)
