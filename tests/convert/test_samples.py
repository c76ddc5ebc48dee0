"""Test images, read side by side at all crop sizes."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from components.common.errors import DataError
from components.common.records import read_shard, shards, write_shard
from components.convert.samples import BATCH_SIZE, read_batches
from tests.convert.conftest import CROPS, IMAGES, TRAINING_IMAGES, write_records


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


def test_batches_know_the_classes_and_come_from_the_split_asked_for(records: Path) -> None:
    first, *others = read_batches(records, [48], 1000, split="train", batch_size=1)
    assert first.labels.tolist() == [0]
    assert len(others) == TRAINING_IMAGES - 1


def test_few_images_come_again_to_fill_a_batch(records: Path) -> None:
    (some,) = read_batches(records, [48], 3)
    many = some.repeated(7)
    assert many.labels.tolist() == [0, 1, 2, 0, 1, 2, 0]
    np.testing.assert_array_equal(many.pixels[48][3:6], some.pixels[48])


def test_a_batch_is_fed_by_the_names_of_the_inputs(records: Path) -> None:
    (some,) = read_batches(records, CROPS, 1)
    assert {name: values.shape for name, values in some.feeds().items()} == {
        "pixels_48": (1, 48, 48, 3),
        "pixels_64": (1, 64, 64, 3),
        "demographics": (1, 12),
    }
