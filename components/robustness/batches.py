"""Test images in batches, as the model takes them."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np

from components.common.errors import DataError
from components.common.records import Record, read_shard, shards

SPLIT = "test"

BATCH_SIZE = 16


@dataclass(frozen=True)
class Batch:
    """Some images."""

    image_ids: list[str]
    labels: np.ndarray
    """Class indexes, int64 [batch]."""
    pictures: list[np.ndarray]
    """Of the largest crop, each uint8 [crop, crop, 3]."""
    demographics: np.ndarray
    """float32 [batch, LENGTH]."""


def read_labels(records: Path, crop: int) -> dict[str, int]:
    """The class of each test image by its name; pictures are not decoded, nor kept.

    Raises:
        DataError: a shard is missing or damaged.
    """
    return {record.image_id: record.label for record in _records(records, crop)}


def read_batches(records: Path, crop: int, chosen: Container[str]) -> Iterator[Batch]:
    """Read those test images that are chosen, in the records' order; one batch is in memory at a time.

    Args:
        records: folder written by preprocess.
        crop: side length of the pictures wanted.
        chosen: names of the images wanted.

    Raises:
        DataError: a shard is missing or damaged, or a picture is not of the size that it should be.
    """
    wanted = (record for record in _records(records, crop) if record.image_id in chosen)
    while some := list(islice(wanted, BATCH_SIZE)):
        yield Batch(
            [record.image_id for record in some],
            np.array([record.label for record in some]),
            [_decode(record, crop) for record in some],
            np.stack([record.demographics for record in some]),
        )


def shrunk(pictures: Sequence[np.ndarray], crops: Sequence[int]) -> dict[int, np.ndarray]:
    """Pictures at all crop sizes, each pixel the mean of those that it covers.

    What spoils a picture spoils it before it is cropped and reduced: so it is done to the largest, and the smaller ones
    are made of that, for clean pictures too.

    Returns:
        For each crop uint8 [batch, crop, crop, 3].
    """
    return {
        crop: np.stack(
            [
                image if len(image) == crop else cv2.resize(image, (crop, crop), interpolation=cv2.INTER_AREA)
                for image in pictures
            ]
        )
        for crop in crops
    }


def _records(folder: Path, crop: int) -> Iterator[Record]:
    for path in shards(folder, crop, SPLIT):
        yield from read_shard(path)


def _decode(record: Record, crop: int) -> np.ndarray:
    image = cv2.imdecode(np.frombuffer(record.image, np.uint8), cv2.IMREAD_COLOR_RGB)
    if image is None or image.shape != (crop, crop, 3):
        found = "no picture" if image is None else f"one of {image.shape[1]} x {image.shape[0]} px"
        raise DataError(f"the record of {record.image_id} holds {found}, not one of {crop} px: run preprocess again")
    return np.asarray(image)
