"""Pictures of the records, as TensorFlow and ONNX both get them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.common.errors import DataError
from components.common.records import Record, read_shard, shards
from components.convert import interface

SPLIT = "test"
"""Whose pictures the answers are compared on."""

BATCH_SIZE = 16


@dataclass(frozen=True)
class Batch:
    """Some images."""

    pixels: dict[int, np.ndarray]
    """For each crop size uint8 [batch, crop, crop, 3]."""
    demographics: np.ndarray
    """float32 [batch, LENGTH]."""
    labels: np.ndarray
    """Class indexes, int64 [batch]."""

    def repeated(self, images: int) -> "Batch":
        """So many images, these again and again."""
        rows = np.arange(images) % len(self.labels)
        pixels = {crop: pictures[rows] for crop, pictures in self.pixels.items()}
        return Batch(pixels, self.demographics[rows], self.labels[rows])

    def feeds(self) -> dict[str, np.ndarray]:
        """What an ONNX model takes, by the names of its inputs."""
        pixels = {interface.pixels(crop).name: pictures for crop, pictures in self.pixels.items()}
        return {**pixels, interface.DEMOGRAPHICS.name: self.demographics}


def read_batches(
    records: Path, crops: Sequence[int], images: int, *, split: str = SPLIT, batch_size: int = BATCH_SIZE
) -> Iterator[Batch]:
    """Read images in the records' order, which is random.

    Args:
        records: folder written by preprocess.
        crops: side lengths of the pictures wanted.
        images: how many, at most.
        split: whose.
        batch_size: images of a batch.

    Raises:
        DataError: a shard is missing or damaged, or the crop sizes hold different images.
    """
    rows = islice(_rows(records, crops, split), images)
    while some := list(islice(rows, batch_size)):
        pixels = {crop: np.stack([_decode(row[number]) for row in some]) for number, crop in enumerate(crops)}
        labels = np.array([row[0].label for row in some], np.int64)
        yield Batch(pixels, np.stack([row[0].demographics for row in some]), labels)


def _rows(folder: Path, crops: Sequence[int], split: str) -> Iterator[tuple[Record, ...]]:
    """The records of each image, one for each crop size."""
    for row in zip_longest(*(_records(folder, crop, split) for crop in crops)):
        if len({record.image_id if record else None for record in row}) > 1:
            raise DataError(f"the crop sizes in {folder} hold different {split} images: run preprocess again")
        yield row


def _records(folder: Path, crop: int, split: str) -> Iterator[Record]:
    for path in shards(folder, crop, split):
        yield from read_shard(path)


def _decode(record: Record) -> np.ndarray:
    """uint8 [crop, crop, 3], as in training."""
    return np.asarray(tf.io.decode_jpeg(record.image, channels=3, dct_method="INTEGER_ACCURATE"))
