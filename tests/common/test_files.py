"""Files that appear whole or not at all."""

import hashlib
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from components.common.errors import StorageError
from components.common.files import folder_bytes, read_json, sha256, whole, write_json, write_text


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_takes_the_place_of_what_was_there(tmp_path: Path) -> None:
    write_text(tmp_path / "card.html", "old, and longer")
    write_text(tmp_path / "card.html", "nävus")
    assert (tmp_path / "card.html").read_text(encoding="utf-8") == "nävus"
    assert names(tmp_path) == ["card.html"]


def test_the_parents_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "run" / "ingest" / "metrics", "1")
    assert (tmp_path / "run" / "ingest" / "metrics").read_text() == "1"


def test_until_the_block_ends_the_old_content_is_there(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_text(path, "old")
    with whole(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"


def test_a_block_that_fails_leaves_the_old_content_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_text(path, "old")

    def interrupted() -> None:
        with whole(path) as beside:
            beside.write_text("half of the n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["metrics.json"]


def test_a_process_killed_in_the_middle_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_text(path, "old")
    program = f"""
import os, pathlib, signal
from components.common.files import whole
with whole(pathlib.Path({str(path)!r})) as beside:
    beside.write_text("half of the n")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2])
    assert killed.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "records"
    for shard in ("train-00000", "train-00001"):
        write_text(path / shard, "old")
    with whole(path) as beside:
        write_text(beside / "train-00000", "new")
    assert names(path) == ["train-00000"]
    assert (path / "train-00000").read_text() == "new"
    assert names(tmp_path) == ["records"]


def test_a_folder_half_written_is_taken_away_again(tmp_path: Path) -> None:
    def interrupted() -> None:
        with whole(tmp_path / "records") as beside:
            write_text(beside / "train-00000", "new")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names(tmp_path) == []


def test_a_block_that_writes_nothing_leaves_the_old_folder(tmp_path: Path) -> None:
    write_text(tmp_path / "records" / "train-00000", "old")
    with pytest.raises(StorageError, match="records"), whole(tmp_path / "records"):
        pass
    assert names(tmp_path / "records") == ["train-00000"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    # Nobody can write below a file; to a read-only folder the superuser can.
    (tmp_path / "run").write_text("a file")
    with pytest.raises(
        StorageError, match="cannot write .*run/ingest/metrics: .*Not a directory.*check the permissions"
    ):
        write_text(tmp_path / "run" / "ingest" / "metrics", "{}")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_named_and_the_old_content_stays(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    write_text(path, "old")

    def write_to_a_full_disk() -> None:
        with whole(path) as beside:
            beside.symlink_to("/dev/full")
            beside.write_text("new")

    with pytest.raises(StorageError, match="metrics.json: .*No space left on device.*free space"):
        write_to_a_full_disk()
    assert path.read_text() == "old"
    assert names(tmp_path) == ["metrics.json"]


def test_json_comes_back_as_it_was_written(tmp_path: Path) -> None:
    value = {"images": 3, "auc": 0.125, "classes": ["MEL", "NV"], "lesion": None}
    write_json(tmp_path / "metrics.json", value)
    assert read_json(tmp_path / "metrics.json") == value


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_refuses_numbers_that_json_does_not_have(tmp_path: Path, value: float) -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "metrics.json", {"auc": value})
    assert names(tmp_path) == []


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe"], ids=["absent", "empty", "cut off", "not text"])
def test_json_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "member.json").write_bytes(content)
    with pytest.raises(StorageError, match="cannot read .*member.json"):
        read_json(tmp_path / "member.json")


def test_a_fingerprint_is_the_sha256_of_the_bytes(tmp_path: Path) -> None:
    (tmp_path / "image.jpg").write_bytes(b"\xff\xd8" * 100_000)
    assert sha256(tmp_path / "image.jpg") == hashlib.sha256(b"\xff\xd8" * 100_000).hexdigest()


def test_the_size_of_a_folder_counts_the_files_of_its_folders(tmp_path: Path) -> None:
    write_text(tmp_path / "model.json", "12345")
    write_text(tmp_path / "members" / "b0.onnx", "123")
    assert folder_bytes(tmp_path) == 8
