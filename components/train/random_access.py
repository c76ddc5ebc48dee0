"""Single records of a shard by their place in it, so that an epoch can read a split in any order.

TFRecord files (see `components.common.records`) are made to be read from the start to the end. Their records are
found again by where they begin: an order over the whole split needs no buffer to shuffle in, drawing an image twice
is as easy as once, and an interrupted epoch goes on in its middle without reading what it has seen.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from components.common.records import CHECKSUM, HEADER_BYTES, LENGTH


def positions(path: Path) -> np.ndarray:
    """Where the messages of a shard begin, and their bytes: int64 [records, 2]."""
    return np.array(list(_positions(path)), np.int64).reshape(-1, 2)


def read(path: bytes | Path, begin: int, length: int) -> bytes:
    """One message. Its checksum is not verified again: `records.read_shard` does so, when the labels are read."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.pread(file, length, begin)
    finally:
        os.close(file)


def _positions(path: Path) -> Iterator[tuple[int, int]]:
    with path.open("rb") as file:
        while header := file.read(HEADER_BYTES):
            (length,) = LENGTH.unpack(header[: LENGTH.size])
            yield file.tell(), length
            file.seek(length + CHECKSUM.size, os.SEEK_CUR)
