"""Planning the shards, and making one: its images are read, cropped and written at every crop size."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from components.common.errors import DataError, StorageDownError, StorageError
from components.common.pictures import Prepared, encode_jpeg, prepare
from components.common.records import Record, shard_name, shard_writer
from components.common.storage import open_store
from components.common.store import Store

UNREADABLE = "unreadable_image"

REASONS: dict[str, str] = {
    UNREADABLE: "the storage does not give the file",
    "undecodable_image": "the file is no picture, truncated, damaged, or too large or small to use",
}


@dataclass(frozen=True)
class Item:
    """One image of the manifest."""

    image_id: str
    source: str
    data: str
    """URI of the folder or bucket that it lies in."""
    path: str
    """POSIX path below that."""
    label: int
    """Index in `taxonomy.CLASSES`."""
    demographics: np.ndarray
    """float32 [demographics.LENGTH]."""


@dataclass(frozen=True)
class Shard:
    """One task: the images that go into one file of records for each crop size."""

    folder: Path
    crops: tuple[int, ...]
    split: str
    index: int
    count: int
    """Number of shards of the split."""
    items: tuple[Item, ...]

    @property
    def name(self) -> str:
        """File name of its records, the same at every crop size."""
        return shard_name(self.split, self.index, self.count)

    def path(self, crop: int) -> Path:
        """Where its records of one crop size go."""
        return self.folder / str(crop) / self.name


@dataclass(frozen=True)
class Sample:
    """An image that is kept."""

    item: Item
    split: str
    trimmed: float
    """Share of the picture's area that was cut off as border."""


@dataclass(frozen=True)
class Fault:
    """An image that is left out."""

    item: Item
    reason: str
    """One of `REASONS`."""
    detail: str


@dataclass(frozen=True)
class MadeShard:
    """What came of a shard."""

    split: str
    index: int
    samples: list[Sample]
    faults: list[Fault]
    bytes: dict[int, int]
    """For each crop size, the size of its file."""

    @property
    def images(self) -> int:
        """Number of its images, those left out included."""
        return len(self.samples) + len(self.faults)


def plan_shards(
    splits: Mapping[str, Sequence[Item]], folder: Path, crops: tuple[int, ...], images_per_shard: int
) -> list[Shard]:
    """Divide each split evenly among as few shards as hold it.

    The images of a split are put in the order of a hash of their image_id, so that no shard has one class or one source
    only, whatever the order of the manifest. An empty split has one empty shard.
    """
    shards = []
    for split, items in splits.items():
        shuffled = sorted(items, key=lambda item: hashlib.sha256(item.image_id.encode()).digest())
        count = max(1, -(-len(shuffled) // images_per_shard))
        limits = [len(shuffled) * index // count for index in range(count + 1)]
        for index in range(count):
            part = tuple(shuffled[limits[index] : limits[index + 1]])
            shards.append(Shard(folder, crops, split, index, count, part))
    return shards


def make_shard(shard: Shard) -> MadeShard:
    """Make one shard: every picture is read and decoded once, for all crop sizes.

    One picture at a time is in memory. An image that cannot be read or decoded is left out.

    Raises:
        StorageError: a place of the data cannot be opened, or the shard cannot be written.
        StorageDownError: the storage does not answer at all.
    """
    samples: list[Sample] = []
    faults: list[Fault] = []
    with ExitStack() as stack:
        writers = {crop: stack.enter_context(shard_writer(shard.path(crop))) for crop in shard.crops}
        for item in shard.items:
            prepared = _prepared(store_at(item.data), item, shard.crops)
            if isinstance(prepared, Fault):
                faults.append(prepared)
                continue
            samples.append(Sample(item, shard.split, prepared.trimmed))
            for crop, image in prepared.crops.items():
                writers[crop](Record(item.image_id, encode_jpeg(image), item.label, item.demographics))
    sizes = {crop: shard.path(crop).stat().st_size for crop in shard.crops}
    return MadeShard(shard.split, shard.index, samples, faults, sizes)


@cache
def store_at(uri: str) -> Store:
    """The images' store, opened once in a process: opening asks a bucket's server, and a store counts its failures.

    Raises:
        StorageError: no such folder or bucket, or no access to it.
    """
    return open_store(uri)


def _prepared(store: Store, item: Item, crops: tuple[int, ...]) -> Prepared | Fault:
    try:
        return prepare(store.read(item.path), crops)
    except StorageDownError:
        raise
    except StorageError as error:
        return Fault(item, UNREADABLE, str(error))
    except DataError as error:
        return Fault(item, "undecodable_image", str(error))
