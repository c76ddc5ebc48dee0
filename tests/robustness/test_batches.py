"""Batches of test images."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.common import demographics
from components.common.errors import DataError
from components.common.records import Record, shard_name, write_shard
from components.robustness.batches import BATCH_SIZE, read_batches, read_labels, shrunk
from tests.robustness.conftest import IMAGES, SIDE, Workplace, lesion

NAMES = [f"ISIC_{number:07d}" for number in range(IMAGES)]


def test_the_chosen_images_come_in_batches_with_all_that_belongs_to_them(workplace: Workplace) -> None:
    first, second = read_batches(workplace.records, SIDE, set(NAMES[1:]))
    assert first.image_ids + second.image_ids == NAMES[1:]
    assert len(first.image_ids) == BATCH_SIZE
    assert first.labels[:3].tolist() == [1, 2, 3]
    assert np.array_equal(first.pictures[2], lesion(3, SIDE))
    assert np.array_equal(first.demographics[2], demographics.encode("male", 3.0, None))


def test_a_batch_is_read_when_it_is_asked_for_and_not_before(workplace: Workplace, tmp_path: Path) -> None:
    """So no more than one is in memory."""
    (whole,) = (workplace.records / str(SIDE)).glob("test-00000*")
    for index in range(2):
        copy = tmp_path / str(SIDE) / shard_name("test", index, 3)
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes(whole.read_bytes())
    (tmp_path / str(SIDE) / shard_name("test", 2, 3)).write_bytes(b"damaged")
    batches = read_batches(tmp_path, SIDE, set(NAMES))
    assert len(next(batches).pictures) == BATCH_SIZE
    with pytest.raises(DataError, match="truncated or damaged"):
        next(batches)


def test_a_jpeg_is_decoded_as_elsewhere(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(lesion(1, SIDE)).save(buffer, "JPEG", quality=90)
    write_shard(
        tmp_path / str(SIDE) / shard_name("test", 0, 1), [Record("a", buffer.getvalue(), 0, demographics.MISSING)]
    )
    (batch,) = read_batches(tmp_path, SIDE, {"a"})
    expected = np.asarray(Image.open(buffer)).astype(int)
    assert np.abs(batch.pictures[0] - expected).max() <= 1


def test_smaller_pictures_are_made_of_the_largest() -> None:
    pictures = shrunk([lesion(1, 64), lesion(2, 64)], [16, 64])
    assert {crop: stack.shape for crop, stack in pictures.items()} == {16: (2, 16, 16, 3), 64: (2, 64, 64, 3)}
    means = lesion(1, 64).reshape(16, 4, 16, 4, 3).mean(axis=(1, 3))
    assert np.abs(pictures[16][0] - means).max() <= 1
    assert np.array_equal(pictures[64][1], lesion(2, 64))


def test_labels_are_known_before_any_picture_is_decoded(workplace: Workplace) -> None:
    assert read_labels(workplace.records, SIDE) == {name: number % 8 for number, name in enumerate(NAMES)}
