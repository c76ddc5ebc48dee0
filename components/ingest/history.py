"""The states of the data that ingest has seen: they keep the splits stable, and say what has changed.

    <workspace>/history/seed-<seed>/000001.parquet    first state
    <workspace>/history/seed-<seed>/000002.parquet    ...

A state holds one row for each image and content that was ever split, so that a picture which is taken out and put
back, under its name or another, finds its split again. States are never overwritten: of two runs that add one at the
same time, one is told to look again.
"""

import io
import json
from dataclasses import dataclass, field

import pandas as pd
import pyarrow as pa
from pyarrow import parquet

from components.common.errors import StorageError
from components.common.store import Store

COLUMNS: tuple[str, ...] = (
    "image_id",
    "source",
    "label",
    "split",
    "patient_id",
    "lesion_id",
    "sha256",
    "phash",
)

_SUFFIX = ".parquet"
_FACTS = b"skin_lesion"


@dataclass(frozen=True)
class State:
    """One state of the data."""

    number: int = 0
    """0 before there is any."""
    images: pd.DataFrame = field(default_factory=lambda: _empty())
    """`COLUMNS` and `present` (bool): whether this state has the image with this content, or an earlier one had it."""
    data_version: str = ""
    fingerprint: str = ""
    """Of its manifest."""

    @property
    def splits(self) -> pd.Series:
        """The split of each image, by image_id."""
        return self.images.drop_duplicates("image_id").set_index("image_id")["split"]

    @property
    def present(self) -> pd.DataFrame:
        """The images that this state of the data has: `COLUMNS`."""
        return self.images.loc[self.images["present"], list(COLUMNS)]


class History:
    """The states under one seed."""

    def __init__(self, store: Store, seed: int) -> None:
        self._store = store
        self._folder = f"history/seed-{seed}"

    def latest(self) -> State:
        """The last state, or an empty one.

        Raises:
            StorageError: it cannot be read.
        """
        numbers = self._numbers()
        return self._read(numbers[-1]) if numbers else State()

    def before(self, fingerprint: str) -> State:
        """The state that came before the one with this fingerprint: what a person compares with. An empty one where
        there is none.

        Raises:
            StorageError: it cannot be read.
        """
        found = False
        for number in reversed(self._numbers()):
            state = self._read(number)
            if state.fingerprint == fingerprint:
                found = True
            elif found:
                return state
        return State()

    def add(self, latest: State, images: pd.DataFrame, data_version: str, fingerprint: str) -> bool:
        """Add a state after `latest`, unless it is the same.

        Args:
            latest: the last state known.
            images: `COLUMNS`, the images of the new one.
            data_version: what it is called.
            fingerprint: of its manifest.

        Returns:
            False if another run has added one meanwhile: then splits must be made again after that.

        Raises:
            StorageError: it cannot be written.
        """
        if latest.fingerprint == fingerprint:
            return True
        rows = pd.concat([images[list(COLUMNS)].assign(present=True), latest.images.assign(present=False)])
        rows = rows.drop_duplicates(["image_id", "sha256"]).sort_values(["image_id", "sha256"])
        table = pa.Table.from_pandas(rows, preserve_index=False)
        facts = json.dumps({"data_version": data_version, "fingerprint": fingerprint}).encode()
        file = io.BytesIO()
        parquet.write_table(table.replace_schema_metadata({**(table.schema.metadata or {}), _FACTS: facts}), file)
        return self._store.create(self._name(latest.number + 1), file.getvalue())

    def _numbers(self) -> list[int]:
        names = (name.removeprefix(f"{self._folder}/") for name in self._store.names(self._folder))
        stems = (name.removesuffix(_SUFFIX) for name in names if name.endswith(_SUFFIX))
        return sorted(int(stem) for stem in stems if stem.isdecimal())

    def _read(self, number: int) -> State:
        name = self._name(number)
        try:
            table = parquet.read_table(io.BytesIO(self._store.read(name)))
            facts = json.loads(table.schema.metadata[_FACTS])
            images = table.to_pandas()[[*COLUMNS, "present"]]
        except (pa.ArrowInvalid, KeyError, TypeError, ValueError) as error:
            raise StorageError(
                f"{name} in {self._store.uri} is damaged: {error}; restore it, or remove the folder {self._folder}: "
                "all splits are then made anew"
            ) from error
        return State(number, images, facts["data_version"], facts["fingerprint"])

    def _name(self, number: int) -> str:
        return f"{self._folder}/{number:06d}{_SUFFIX}"


def _empty() -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS}).assign(present=pd.Series(dtype="bool"))
