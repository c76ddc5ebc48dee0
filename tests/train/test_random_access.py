"""Single records by their place."""

from pathlib import Path

import numpy as np
import tensorflow as tf

from components.common.records import shards, write_shard
from components.train.random_access import positions, read
from tests.train.conftest import CROP


def test_every_record_is_found_again(records: Path) -> None:
    (path, _) = shards(records, CROP, "train")
    expected = list(tf.data.TFRecordDataset(str(path)).as_numpy_iterator())
    assert [read(path, begin, length) for begin, length in positions(path)] == expected


def test_a_shard_without_records_has_no_places(tmp_path: Path) -> None:
    write_shard(tmp_path / "empty.tfrecord", [])
    assert positions(tmp_path / "empty.tfrecord").shape == (0, 2)
    assert positions(tmp_path / "empty.tfrecord").dtype == np.int64
