import dataclasses
import logging
from pathlib import Path

import pytest

from components.common.errors import DataError, StorageDownError, StorageError
from components.common.folder import Folder
from components.common.records import read_shard, read_summary, shards
from components.preprocess.manifest import read_manifest
from components.preprocess.preprocessing import Preprocessed, fingerprint, preprocess, preprocess_part, work_key
from components.preprocess.settings import Part, Settings
from components.preprocess.workspace import Workspace, open_workspace
from tests.gcs import emulated_bucket
from tests.preprocess.conftest import DataSet, contents, forget_stores

SETTINGS = Settings(crops=(64, 32), images_per_shard=6, maximum_quarantine_share=0.1)


def run(
    images: DataSet, folder: Path, settings: Settings = SETTINGS, processes: int = 1, workspace: Workspace | None = None
) -> Preprocessed:
    forget_stores()
    return preprocess(read_manifest(images.manifest), settings, folder, processes, workspace)


def workspace_at(uri: object, images: DataSet, settings: Settings = SETTINGS) -> Workspace:
    workspace = open_workspace(str(uri), work_key(read_manifest(images.manifest), settings))
    assert workspace
    return workspace


def run_part(images: DataSet, workspace: Workspace, part: Part) -> dict[str, float]:
    return preprocess_part(read_manifest(images.manifest), SETTINGS, part, workspace, processes=1)


def trimmed(done: Preprocessed) -> list[tuple[str, float]]:
    return [(sample.item.image_id, sample.trimmed) for sample in done.samples]


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
    with emulated_bucket({row["path"]: (images.data / row["path"]).read_bytes() for row in images.rows}) as uri:
        for row in images.rows[::2]:  # of two sources joined, one lies in a bucket
            row["data"] = uri
        images.write()
        run(images, tmp_path / "bucket", processes=2)
    assert contents(tmp_path / "bucket") == contents(tmp_path / "folder")


def test_each_place_of_images_is_opened_once(images: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    begin = Folder.__init__

    def noting(self: Folder, uri: str, *, create: bool = False) -> None:
        opened.append(uri)
        begin(self, uri, create=create)

    monkeypatch.setattr(Folder, "__init__", noting)
    run(images, tmp_path / "records", dataclasses.replace(SETTINGS, images_per_shard=2))
    assert opened == [str(images.data)]


def test_the_fingerprint_tells_records_apart(images: DataSet) -> None:
    manifest = read_manifest(images.manifest)
    prints = {
        fingerprint(manifest, (64, 32), []),
        fingerprint(manifest, (64,), []),
        fingerprint(manifest, (64, 32), ["ISIC_0000001"]),
        fingerprint(manifest, (64, 32), ["ISIC_0000002"]),
        fingerprint(dataclasses.replace(manifest, fingerprint="1" * 64), (64, 32), []),
    }
    assert len(prints) == 5
    assert fingerprint(manifest, [64, 32], ["b", "a"]) == fingerprint(manifest, (64, 32), ["a", "b"])


def test_runs_that_left_out_different_images_have_different_fingerprints(images: DataSet, tmp_path: Path) -> None:
    first = images.data / images.rows[0]["path"]
    first.rename(tmp_path / "away")
    without = run(images, tmp_path / "without").summary.fingerprint
    (tmp_path / "away").rename(first)
    assert run(images, tmp_path / "with").summary.fingerprint != without


def test_a_storage_that_is_down_ends_the_run(images: DataSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = workspace_at(tmp_path / "work", images)
    reads, read = [0], Folder.read

    def fails_after_a_while(self: Folder, name: str) -> bytes:
        reads[0] += 1
        if reads[0] > 14:
            raise StorageDownError("the storage does not answer")
        return read(self, name)

    monkeypatch.setattr(Folder, "read", fails_after_a_while)
    with pytest.raises(StorageDownError, match="does not answer"):
        run(images, tmp_path / "records", workspace=workspace)
    assert not (tmp_path / "records").exists()
    monkeypatch.undo()
    done = run(images, tmp_path / "records", workspace=workspace)
    assert (done.metrics()["images"], done.metrics()["quarantined"], done.resumed_images) == (24, 0, 10)


def test_shards_found_finished_are_not_made_again(
    images: DataSet, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workspace = workspace_at(tmp_path / "work", images)
    undisturbed = run(images, tmp_path / "first", workspace=workspace)
    images.data.rename(tmp_path / "gone")  # what is not read cannot be made
    with caplog.at_level(logging.INFO):
        resumed = run(images, tmp_path / "second", workspace=workspace)
    assert contents(tmp_path / "second") == contents(tmp_path / "first")
    assert trimmed(resumed) == trimmed(undisturbed)
    assert resumed.resumed_images == 24
    assert f"5 shards (24 images) are finished in {workspace.uri}" in caplog.text
    assert "0 shards (0 images) are to be made" in caplog.text


def test_a_broken_image_is_known_when_its_shard_is_found_finished(images: DataSet, tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "work", images)
    (images.data / images.rows[0]["path"]).write_bytes(b"no picture")
    first = run(images, tmp_path / "first", workspace=workspace)
    second = run(images, tmp_path / "second", workspace=workspace)
    assert second.resumed_images == 24
    assert second.summary == first.summary
    ((one,), (same,)) = first.faults, second.faults
    assert (one.item.image_id, one.reason, one.detail) == (same.item.image_id, same.reason, same.detail)
    with pytest.raises(DataError, match=r"1 of 24 images are broken so far \(tolerated: 1.0%\)"):
        run(images, tmp_path / "third", dataclasses.replace(SETTINGS, maximum_quarantine_share=0.01), 1, workspace)


def test_an_image_that_the_storage_did_not_give_is_asked_for_again(images: DataSet, tmp_path: Path) -> None:
    workspace = workspace_at(tmp_path / "work", images)
    first = images.data / images.rows[0]["path"]
    first.rename(tmp_path / "away")
    assert run(images, tmp_path / "records", workspace=workspace).metrics()["quarantined"] == 1
    (tmp_path / "away").rename(first)
    again = run(images, tmp_path / "records", workspace=workspace)
    assert again.metrics()["quarantined"] == 0
    assert 0 < again.resumed_images < 24


@pytest.mark.parametrize("where", ["folder", "bucket"])
def test_parts_and_a_task_that_gathers_them_give_the_same_records(images: DataSet, tmp_path: Path, where: str) -> None:
    run(images, tmp_path / "whole")
    with emulated_bucket({}) as uri:
        workspace = workspace_at(tmp_path / "work" if where == "folder" else f"{uri}/work", images)
        figures = [run_part(images, workspace, Part(number, 3)) for number in range(3)]
        assert [part["shards"] for part in figures] == [2, 2, 1]
        assert sum(part["images"] for part in figures) == 24
        assert run(images, tmp_path / "gathered", workspace=workspace).resumed_images == 24
        workspace.clear()
        assert workspace.finished() == set()
    assert contents(tmp_path / "gathered") == contents(tmp_path / "whole")


def test_a_lost_part_is_made_by_the_task_that_gathers(images: DataSet, tmp_path: Path) -> None:
    run(images, tmp_path / "whole")
    workspace = workspace_at(tmp_path / "work", images)
    run_part(images, workspace, Part(0, 3))
    assert run_part(images, workspace, Part(0, 3))["resumed_shards"] == 2
    assert 0 < run(images, tmp_path / "gathered", workspace=workspace).resumed_images < 24
    assert contents(tmp_path / "gathered") == contents(tmp_path / "whole")


def test_what_decides_the_bytes_decides_the_key(images: DataSet) -> None:
    manifest = read_manifest(images.manifest)
    others = [dataclasses.replace(SETTINGS, crops=(64,)), dataclasses.replace(SETTINGS, images_per_shard=7)]
    keys = {work_key(manifest, settings) for settings in (SETTINGS, *others)}
    assert len(keys | {work_key(dataclasses.replace(manifest, fingerprint="1" * 64), SETTINGS)}) == 4
    tolerant = dataclasses.replace(SETTINGS, maximum_quarantine_share=0.5)
    assert work_key(manifest, tolerant) == work_key(manifest, SETTINGS)


@pytest.mark.parametrize("full", ["records", "workspace"])
def test_a_full_disk_is_a_clear_error_and_leaves_nothing_half_written(
    images: DataSet, tmp_path: Path, small_disk: Path, full: str
) -> None:
    places = {"records": tmp_path / "records", "workspace": tmp_path / "work", full: small_disk / full}
    workspace = workspace_at(places["workspace"], images)
    settings = dataclasses.replace(SETTINGS, crops=(128, 64))
    with pytest.raises(StorageError, match="cannot write .*(No space left on device|File too large).*free space"):
        run(images, places["records"], settings, workspace=workspace)
    assert not places["records"].exists()
    assert list(tmp_path.rglob("*.part")) == []


def test_real_images_become_records(isic: Path, empty: DataSet, tmp_path: Path) -> None:
    for file in sorted((isic / "2019" / "ISIC_2019_Training_Input").glob("*.jpg"))[:6]:
        empty.add(file.stem, file.read_bytes())
    for file in sorted((isic / "2020" / "train").glob("*.jpg"))[:6]:
        empty.add(file.stem, file.read_bytes(), split="test")
    empty.write()
    done = run(empty, tmp_path / "records")
    assert done.metrics()["images"] == 12
    assert done.summary.images("train") == done.summary.images("test") == 6
