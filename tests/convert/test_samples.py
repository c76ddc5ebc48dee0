"""Test images, read side by side at all crop sizes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from components.common.errors import DataError
from components.common.records import read_shard, shards, write_shard
from components.convert.samples import BATCH_SIZE, read_batches
from tests.convert.conftest import CROPS, IMAGES, write_records


@pytest.fixture
def records(tmp_path: Path) -> Path:
    write_records(tmp_path)
    return tmp_path


def test_all_images_come_in_batches(records: Path) -> None:
    batches = list(read_batches(records, CROPS, 1000))
    assert [len(batch.demographics) for batch in batches] == [BATCH_SIZE, IMAGES - BATCH_SIZE]
    assert batches[0].pixels[48].shape == (BATCH_SIZE, 48, 48, 3)
    assert batches[0].pixels[64].dtype == np.uint8
    ages = np.concatenate([batch.demographics[:, 3] for batch in batches])
    assert all(a < b for a, b in pairwise(ages))


def test_no_more_images_are_read_than_asked_for(records: Path) -> None:
    (batch,) = read_batches(records, [48], 3)
    assert list(batch.pixels) == [48]
    assert batch.demographics.shape == (3, 12)


def test_crops_of_different_images_are_refused(records: Path) -> None:
    last = shards(records, 64, "test")[-1]
    write_shard(last, list(read_shard(last))[:-1])
    with pytest.raises(DataError, match="hold different test images: run preprocess again"):
        list(read_batches(records, CROPS, 1000))
