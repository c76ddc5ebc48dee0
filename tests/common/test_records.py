"""The records, read and written here and by TensorFlow itself."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from components.common import demographics
from components.common.errors import DataError
from components.common.records import (
    Record,
    Summary,
    read_shard,
    read_summary,
    shard_name,
    shard_writer,
    shards,
    write_shard,
    write_summary,
)
from components.common.taxonomy import CLASSES


def record(number: int) -> Record:
    return Record(
        f"ISIC_{number:07d}",
        b"\xff\xd8" + bytes([number]) * 50,
        number % 9,
        demographics.encode("female", number, "torso"),
    )


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "train-00000-of-00001.tfrecord"
    write_shard(path, [record(1), record(2)])
    first, second = read_shard(path)
    assert (first.image_id, first.image, first.label) == ("ISIC_0000001", record(1).image, 1)
    np.testing.assert_array_equal(second.demographics, record(2).demographics)


def test_the_same_records_give_the_same_bytes(tmp_path: Path) -> None:
    write_shard(tmp_path / "a", [record(1)])
    write_shard(tmp_path / "b", [record(1)])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_records_go_to_the_file_one_by_one_and_are_not_kept(tmp_path: Path) -> None:
    megabyte = bytes(1_000_000)
    tracemalloc.start()
    with shard_writer(tmp_path / "shard") as write:
        for number in range(20):
            write(Record(f"ISIC_{number:07d}", megabyte, 0, demographics.MISSING))
        assert not (tmp_path / "shard").exists()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(list(read_shard(tmp_path / "shard"))) == 20
    assert most < 10_000_000


def test_a_shard_that_fails_half_way_does_not_appear(tmp_path: Path) -> None:
    def broken() -> Iterator[Record]:
        yield record(1)
        raise DataError("the second is broken")

    with pytest.raises(DataError, match="the second"):
        write_shard(tmp_path / "shard", broken())
    assert list(tmp_path.iterdir()) == []


def test_tensorflow_reads_what_is_written(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    path = tmp_path / "shard"
    write_shard(path, [record(7)])
    (serialised,) = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    example = tf.train.Example.FromString(serialised).features.feature
    assert example["image"].bytes_list.value[0] == record(7).image
    assert example["label"].int64_list.value[0] == 7
    np.testing.assert_array_equal(example["demographics"].float_list.value, record(7).demographics)


def test_what_tensorflow_writes_is_read(tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow")
    path = tmp_path / "shard"
    write_shard(path, [record(3)])
    (serialised,) = tf.data.TFRecordDataset(str(path)).as_numpy_iterator()
    with tf.io.TFRecordWriter(str(tmp_path / "again")) as writer:
        writer.write(serialised)
    (read,) = read_shard(tmp_path / "again")
    assert read.image_id == "ISIC_0000003"


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-3], lambda data: data[:5], lambda data: data[:40] + b"x" + data[41:]]
)
def test_a_damaged_shard_is_refused_by_name(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "train-00000-of-00001.tfrecord"
    write_shard(path, [record(1)])
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(DataError, match="train-00000-of-00001.tfrecord is truncated or damaged"):
        list(read_shard(path))


def test_a_missing_shard_is_noticed(tmp_path: Path) -> None:
    write_shard(tmp_path / "64" / shard_name("train", 0, 2), [record(1)])
    with pytest.raises(DataError, match="holds 1 of the 2 shards of train"):
        shards(tmp_path, 64, "train")


def test_a_crop_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    write_shard(tmp_path / "64" / shard_name("train", 0, 1), [record(1)])
    with pytest.raises(DataError, match="no train records of crop 96 in .*; it has: 64"):
        shards(tmp_path, 96, "train")


def test_records_of_other_classes_are_refused(tmp_path: Path) -> None:
    write_summary(tmp_path, Summary("f", [64], {}, ["MEL", "NV"], demographics.LENGTH, "2"))
    with pytest.raises(DataError, match="run preprocess again"):
        read_summary(tmp_path)


def test_a_file_that_is_no_summary_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "records.json").write_text('{"images": 3}')
    with pytest.raises(DataError, match="records.json is not a summary of records"):
        read_summary(tmp_path)


def test_a_summary_comes_back_as_it_was_written(tmp_path: Path) -> None:
    summary = Summary("f", [64, 96], {"train": {"MEL": 2, "NV": 3}}, list(CLASSES), demographics.LENGTH, "2")
    write_summary(tmp_path, summary)
    assert read_summary(tmp_path) == summary
    assert summary.images("train") == 5
