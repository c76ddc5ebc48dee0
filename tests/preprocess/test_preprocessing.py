import dataclasses
import logging
from pathlib import Path

import pytest

from components.common.errors import DataError, StorageError
from components.common.records import read_shard, read_summary, shards
from components.preprocess.manifest import read_manifest
from components.preprocess.preprocessing import Preprocessed, fingerprint, preprocess
from components.preprocess.settings import Settings
from tests.gcs import emulated_bucket
from tests.preprocess.conftest import DataSet

SETTINGS = Settings(crops=(64, 32), images_per_shard=6, maximum_quarantine_share=0.1)


def run(images: DataSet, folder: Path, settings: Settings = SETTINGS, processes: int = 1) -> Preprocessed:
    return preprocess(read_manifest(images.manifest), settings, folder, processes)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_image_becomes_a_record_at_every_crop(images: DataSet, tmp_path: Path) -> None:
    done = run(images, tmp_path / "records")
    summary = read_summary(tmp_path / "records")
    assert summary == done.summary
    assert summary.crops == [64, 32]
    assert {split: summary.images(split) for split in summary.counts} == {"train": 16, "validation": 4, "test": 4}
    assert sum(split["NV"] for split in summary.counts.values()) == 3
    for crop in summary.crops:
        for split in summary.counts:
            ids = [record.image_id for path in shards(tmp_path / "records", crop, split) for record in read_shard(path)]
            assert sorted(ids) == sorted(row["image_id"] for row in images.rows if row["split"] == split)


def test_the_metrics_count_what_was_done(images: DataSet, tmp_path: Path) -> None:
    figures = run(images, tmp_path / "records").metrics()
    assert (figures["images"], figures["quarantined"], figures["borders_trimmed"]) == (24, 0, 6)
    assert figures["images_per_second"] > 0
    size = sum(path.stat().st_size for path in (tmp_path / "records" / "64").iterdir())
    assert figures["bytes_64"] == size > figures["bytes_32"]


def test_the_records_do_not_depend_on_the_number_of_processes(images: DataSet, tmp_path: Path) -> None:
    run(images, tmp_path / "one", processes=1)
    run(images, tmp_path / "two", processes=2)
    assert len(contents(tmp_path / "one")) == 1 + 2 * (3 + 1 + 1)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_second_run_takes_the_place_of_the_first(images: DataSet, tmp_path: Path) -> None:
    run(images, tmp_path / "records", dataclasses.replace(SETTINGS, crops=(96, 48), images_per_shard=2))
    run(images, tmp_path / "records")
    assert sorted(path.name for path in (tmp_path / "records").iterdir()) == ["32", "64", "records.json"]
    assert len(shards(tmp_path / "records", 64, "train")) == 3


def test_one_broken_image_is_counted_and_stops_nothing(
    images: DataSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = images.rows[0]
    (images.data / broken["path"]).write_bytes(b"no picture")
    with caplog.at_level(logging.WARNING):
        done = run(images, tmp_path / "records")
    assert [fault.item.image_id for fault in done.faults] == [broken["image_id"]]
    assert (done.metrics()["images"], done.metrics()["quarantined"]) == (23, 1)
    assert done.summary.images("train") == 15
    assert done.summary.counts["train"][broken["label"]] == 2
    assert f"left out {broken['path']} (undecodable_image)" in caplog.text


def test_too_many_broken_images_stop_the_run_and_leave_nothing(images: DataSet, tmp_path: Path) -> None:
    for row in images.rows[:3]:
        (images.data / row["path"]).write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"3 of 24 images are broken so far \(tolerated: 10.0%\).*2019/images/ISIC_"):
        run(images, tmp_path / "out" / "records")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_nothing_but_broken_images_is_an_error_whatever_is_tolerated(
    images: DataSet, tmp_path: Path, processes: int
) -> None:
    for row in images.rows:
        (images.data / row["path"]).write_bytes(b"")
    with pytest.raises(DataError, match="24 of 24 images are broken"):
        run(images, tmp_path / "records", dataclasses.replace(SETTINGS, maximum_quarantine_share=1.0), processes)
    assert not (tmp_path / "records").exists()


def test_a_failed_run_leaves_the_earlier_records(images: DataSet, tmp_path: Path) -> None:
    run(images, tmp_path / "records")
    before = contents(tmp_path / "records")
    images.data.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="no such folder"):
        run(images, tmp_path / "records")
    assert contents(tmp_path / "records") == before


def test_a_place_that_cannot_be_written_is_an_error(images: DataSet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write .*records"):
        run(images, tmp_path / "file" / "records")


def test_images_in_a_bucket_give_the_same_records_as_those_in_a_folder(images: DataSet, tmp_path: Path) -> None:
    run(images, tmp_path / "folder")
    manifest = read_manifest(images.manifest)
    with emulated_bucket({row["path"]: (images.data / row["path"]).read_bytes() for row in images.rows}) as uri:
        preprocess(dataclasses.replace(manifest, data=uri), SETTINGS, tmp_path / "bucket", processes=2)
    assert contents(tmp_path / "bucket") == contents(tmp_path / "folder")


def test_the_fingerprint_tells_records_apart(images: DataSet) -> None:
    manifest = read_manifest(images.manifest)
    prints = {
        fingerprint(manifest, (64, 32)),
        fingerprint(manifest, (64,)),
        fingerprint(dataclasses.replace(manifest, fingerprint="1" * 64), (64, 32)),
    }
    assert len(prints) == 3
    assert fingerprint(manifest, [64, 32]) in prints


def test_real_images_become_records(isic: Path, empty: DataSet, tmp_path: Path) -> None:
    for file in sorted((isic / "2019" / "ISIC_2019_Training_Input").glob("*.jpg"))[:6]:
        empty.add(file.stem, file.read_bytes())
    for file in sorted((isic / "2020" / "train").glob("*.jpg"))[:6]:
        empty.add(file.stem, file.read_bytes(), split="test")
    empty.write()
    done = run(empty, tmp_path / "records")
    assert done.metrics()["images"] == 12
    assert done.summary.images("train") == done.summary.images("test") == 6
