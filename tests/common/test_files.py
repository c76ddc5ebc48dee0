"""Files that appear whole or not at all."""

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.common.errors import StorageError
from components.common.files import (
    folder_bytes,
    link_or_copy,
    read_json,
    remove_folder,
    remove_leftovers,
    sha256,
    whole,
    write_json,
    write_text,
)
from tests.disks import no_file_over

ROOT = Path(__file__).parents[2]


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
    killed = subprocess.run([sys.executable, "-c", program], cwd=ROOT)
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


def test_a_file_too_large_for_the_disk_is_named_and_nothing_of_it_stays(tmp_path: Path) -> None:
    with no_file_over(1000), pytest.raises(StorageError, match="cannot write .*card.html: .*File too large"):
        write_text(tmp_path / "card.html", "x" * 2000)
    assert names(tmp_path) == []


# Each process writes a folder, or a file, of its own letter over and over, as fast as it can.
WRITER = """
import sys
from pathlib import Path
from components.common.files import whole, write_text
place, kind, letter = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
for _ in range(300):
    with whole(place) as beside:
        if kind == "folder":
            for name in ("a", "b", "c"):
                write_text(beside / name, letter * 1000)
        else:
            beside.write_text(letter * 1000)
"""


@pytest.mark.parametrize("kinds", [("folder",) * 3, ("file",) * 3, ("folder", "file", "folder")])
def test_processes_that_write_one_place_at_once_all_end_well(tmp_path: Path, kinds: tuple[str, ...]) -> None:
    place = tmp_path / "records"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, place, kind, letter], cwd=ROOT, stderr=subprocess.PIPE)
        for kind, letter in zip(kinds, "xyz", strict=True)
    ]
    for writer in writers:
        _, errors = writer.communicate()
        assert (writer.returncode, errors) == (0, b"")
    whole_texts = {letter * 1000 for letter in "xyz"}
    if place.is_dir():
        assert names(place) == ["a", "b", "c"]
        (text,) = {path.read_text() for path in place.iterdir()}
        assert text in whole_texts
    else:
        assert place.read_text() in whole_texts
    assert names(tmp_path) == ["records"]


def test_what_a_killed_process_left_is_taken_away_a_day_later(tmp_path: Path) -> None:
    day_before_yesterday = time.time() - 48 * 3600
    for name in (".records.0123abcd.part", ".card.html.89abcdef.part", ".mine.part", "notes.0123abcd.part"):
        write_text(tmp_path / name, "half of i")
        os.utime(tmp_path / name, (day_before_yesterday, day_before_yesterday))
    write_text(tmp_path / ".records.ffffffff.part", "of one who is still writing")
    write_text(tmp_path / ".records.eeeeeeee.part" / "96" / "shard", "of one who is still writing in a folder of old")
    for old in (tmp_path / ".records.eeeeeeee.part", tmp_path / ".records.eeeeeeee.part" / "96"):
        os.utime(old, (day_before_yesterday, day_before_yesterday))
    remove_leftovers.cache_clear()
    write_text(tmp_path / "metrics", "1")
    assert names(tmp_path) == [
        ".mine.part",
        ".records.eeeeeeee.part",
        ".records.ffffffff.part",
        "metrics",
        "notes.0123abcd.part",
    ]


def test_a_file_gets_a_second_name_and_no_second_copy(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "records")
    write_text(tmp_path / "kept" / "b", "older")
    link_or_copy(tmp_path / "a", tmp_path / "kept" / "b")
    assert (tmp_path / "kept" / "b").samefile(tmp_path / "a")
    assert names(tmp_path / "kept") == ["b"]


def test_where_there_are_no_hard_links_a_file_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_text(tmp_path / "a", "records")
    link_or_copy(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "b").read_text() == "records"
    assert not (tmp_path / "b").samefile(tmp_path / "a")


def test_a_file_that_is_not_there_cannot_be_linked(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        link_or_copy(tmp_path / "a", tmp_path / "b")
    assert names(tmp_path) == []


def test_a_folder_is_removed_with_all_that_is_in_it_and_once_is_enough(tmp_path: Path) -> None:
    write_text(tmp_path / "shards" / "96" / "train-00000", "records")
    remove_folder(tmp_path / "shards")
    remove_folder(tmp_path / "shards")
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_removed_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="cannot remove .*file/shards: .*Not a directory"):
        remove_folder(tmp_path / "file" / "shards")


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
