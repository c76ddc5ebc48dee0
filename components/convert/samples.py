"""Pictures of the test split, as TensorFlow and ONNX both get them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.common.errors import DataError
from components.common.records import Record, read_shard, shards

SPLIT = "test"

BATCH_SIZE = 16


@dataclass(frozen=True)
class Batch:
    """Some images."""

    pixels: dict[int, np.ndarray]
    """For each crop size uint8 [batch, crop, crop, 3]."""
    demographics: np.ndarray
    """float32 [batch, LENGTH]."""


def read_batches(records: Path, crops: Sequence[int], images: int) -> Iterator[Batch]:
    """Read test images, in the records' order.

    Args:
        records: folder written by preprocess.
        crops: side lengths of the pictures wanted.
        images: how many, at most.

    Raises:
        DataError: a shard is missing or damaged, or the crop sizes hold different images.
    """
    rows = islice(_rows(records, crops), images)
    while some := list(islice(rows, BATCH_SIZE)):
        pixels = {crop: np.stack([_decode(row[number]) for row in some]) for number, crop in enumerate(crops)}
        yield Batch(pixels, np.stack([row[0].demographics for row in some]))


def _rows(folder: Path, crops: Sequence[int]) -> Iterator[tuple[Record, ...]]:
    """The records of each image, one for each crop size."""
    for row in zip_longest(*(_records(folder, crop) for crop in crops)):
        if len({record.image_id if record else None for record in row}) > 1:
            raise DataError(f"the crop sizes in {folder} hold different {SPLIT} images: run preprocess again")
        yield row


def _records(folder: Path, crop: int) -> Iterator[Record]:
    for path in shards(folder, crop, SPLIT):
        yield from read_shard(path)


def _decode(record: Record) -> np.ndarray:
    """uint8 [crop, crop, 3], as in training."""
    return np.asarray(tf.io.decode_jpeg(record.image, channels=3, dct_method="INTEGER_ACCURATE"))
