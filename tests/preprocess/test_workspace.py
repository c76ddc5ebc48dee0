"""Finished shards are kept and taken alike in a folder and in a bucket; the bucket is a real GCS server."""

import dataclasses
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from components.common.errors import StorageDownError, StorageError
from components.common.folder import Folder
from components.common.storage import open_store
from components.common.store import Store
from components.preprocess.manifest import read_manifest
from components.preprocess.shards import MadeShard, Shard, make_shard, plan_shards
from components.preprocess.workspace import Workspace, open_workspace
from tests.gcs import emulated_bucket
from tests.preprocess.conftest import DataSet, contents

KEY = "0123abcd"


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    with emulated_bucket({}) as uri:
        yield uri


@pytest.fixture(params=["folder", "bucket"])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, bucket: str) -> Workspace:
    opened = open_workspace(str(tmp_path / "work") if request.param == "folder" else f"{bucket}/{tmp_path.name}", KEY)
    assert opened
    return opened


@pytest.fixture
def shard(images: DataSet, tmp_path: Path) -> Shard:
    return plan_shards(read_manifest(images.manifest).splits, tmp_path / "made", (64, 32), 100)[0]


def kept(workspace: Workspace, shard: Shard) -> MadeShard:
    made = make_shard(shard)
    workspace.keep(shard, made)
    return made


def elsewhere(shard: Shard, folder: Path) -> Shard:
    return dataclasses.replace(shard, folder=folder)


def store(workspace: Workspace) -> Store:
    return open_store(workspace.uri, create=True)


def test_a_shard_comes_back_as_it_was_made(workspace: Workspace, images: DataSet, shard: Shard, tmp_path: Path) -> None:
    (images.data / shard.items[1].path).write_bytes(b"no picture")
    made = kept(workspace, shard)
    taken = workspace.take(elsewhere(shard, tmp_path / "taken"))
    assert taken
    assert contents(tmp_path / "taken") == contents(tmp_path / "made")
    assert [(one.item.image_id, one.split, one.trimmed) for one in taken.samples] == [
        (one.item.image_id, one.split, one.trimmed) for one in made.samples
    ]
    assert [(one.item.image_id, one.reason, one.detail) for one in taken.faults] == [
        (one.item.image_id, one.reason, one.detail) for one in made.faults
    ]
    assert (taken.split, taken.index, taken.bytes) == (made.split, made.index, made.bytes)


def test_finished_shards_are_listed(workspace: Workspace, shard: Shard) -> None:
    assert workspace.finished() == set()
    kept(workspace, shard)
    assert workspace.finished() == {shard.name}
    assert dataclasses.replace(workspace, key="another").finished() == set()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-1],
        lambda data: data[:100] + bytes([data[100] ^ 1]) + data[101:],
        lambda data: b"",
    ],
    ids=["short", "one bit", "empty"],
)
@pytest.mark.parametrize("file", ["outcomes/{}.json", "64/{}", "32/{}"])
def test_a_damaged_shard_is_not_taken_and_can_be_made_again(
    workspace: Workspace,
    shard: Shard,
    tmp_path: Path,
    file: str,
    damage: Callable[[bytes], bytes],
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept(workspace, shard)
    shutil.rmtree(tmp_path / "made")  # in a folder, these files are those of the workspace
    name = f"shards/{KEY}/{file.format(shard.name)}"
    store(workspace).write(name, damage(store(workspace).read(name)))
    assert workspace.take(elsewhere(shard, tmp_path / "taken")) is None
    assert f"the finished shard {shard.name} in {workspace.uri} is of no use and is made again" in caplog.text
    kept(workspace, shard)
    assert workspace.take(elsewhere(shard, tmp_path / "taken"))
    assert contents(tmp_path / "taken") == contents(tmp_path / "made")


def test_an_outcome_of_another_form_is_not_taken(workspace: Workspace, shard: Shard, tmp_path: Path) -> None:
    kept(workspace, shard)
    for content in ({}, [], {"outcome": {}, "sha256": ""}):
        store(workspace).write(f"shards/{KEY}/outcomes/{shard.name}.json", json.dumps(content).encode())
        assert workspace.take(elsewhere(shard, tmp_path / "taken")) is None


def test_a_half_known_shard_is_not_finished(workspace: Workspace, shard: Shard, tmp_path: Path) -> None:
    kept(workspace, shard)
    store(workspace).remove(f"shards/{KEY}/32/{shard.name}")
    assert workspace.take(elsewhere(shard, tmp_path / "taken")) is None
    store(workspace).remove(f"shards/{KEY}/outcomes/{shard.name}.json")
    assert workspace.finished() == set()


def test_a_shard_that_cannot_be_kept_whole_is_not_finished(shard: Shard, tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "work"), KEY)
    store(workspace).write(f"shards/{KEY}/32", b"where the folder of a crop should be")
    with pytest.raises(StorageError, match=f"cannot write .*32/{shard.name}"):
        kept(workspace, shard)
    assert store(workspace).exists(f"shards/{KEY}/64/{shard.name}")
    assert workspace.finished() == set()


def test_a_shard_that_lacks_an_image_for_want_of_storage_is_not_kept(
    workspace: Workspace, images: DataSet, shard: Shard
) -> None:
    (images.data / shard.items[0].path).unlink()
    kept(workspace, shard)
    assert workspace.finished() == set()


def test_what_is_cleared_is_gone_and_other_keys_stay(workspace: Workspace, shard: Shard) -> None:
    other = dataclasses.replace(workspace, key="another")
    for one in (workspace, other):
        kept(one, shard)
    workspace.clear()
    workspace.clear()
    assert (workspace.finished(), other.finished()) == (set(), {shard.name})
    assert {name.split("/")[1] for name in store(workspace).names()} == {"another"}


def test_on_one_file_system_a_shard_is_linked_and_not_copied(shard: Shard, tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "work"), KEY)
    kept(workspace, shard)
    taken = elsewhere(shard, tmp_path / "taken")
    workspace.take(taken)
    assert taken.path(64).stat().st_ino == shard.path(64).stat().st_ino
    assert taken.path(64).stat().st_nlink == 3


def test_without_hard_links_a_shard_is_copied(shard: Shard, tmp_path: Path, small_disk: Path) -> None:
    shard = dataclasses.replace(shard, items=shard.items[:2])
    workspace = Workspace(str(small_disk / "work"), KEY)
    kept(workspace, shard)
    assert workspace.take(elsewhere(shard, tmp_path / "taken"))
    assert contents(tmp_path / "taken") == contents(tmp_path / "made")


def test_a_run_that_clears_does_not_disturb_one_that_goes_on(shard: Shard, tmp_path: Path) -> None:
    workspace = Workspace(str(tmp_path / "work"), KEY)
    made = make_shard(shard)
    going_on = True

    def clear() -> None:
        while going_on:
            workspace.clear()
            time.sleep(0.02)

    other = Thread(target=clear)
    other.start()
    try:
        for _ in range(200):
            workspace.keep(shard, made)
            assert workspace.finished() <= {shard.name}
            workspace.take(elsewhere(shard, tmp_path / "taken"))
    finally:
        going_on = False
        other.join()
    workspace.keep(shard, made)
    workspace.clear()
    assert os.listdir(tmp_path / "work" / "shards") == []  # noqa: PTH208


def test_a_workspace_that_does_not_answer_is_an_error(
    shard: Shard, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Folder, name: str) -> bytes:
        raise StorageDownError("the storage does not answer")

    workspace = Workspace(str(tmp_path / "work"), KEY)
    kept(workspace, shard)
    monkeypatch.setattr(Folder, "read", fail)
    with pytest.raises(StorageDownError):
        workspace.take_all([shard], 2)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot write"):
        open_workspace(str(tmp_path / "file" / "work"), KEY)


def test_no_place_is_no_workspace() -> None:
    assert open_workspace("", KEY) is None
