"""Runs of the stage that are killed, and runs at the same time: what comes out is what an undisturbed run gives."""

import random
import re
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from components.common.files import read_json
from components.common.storage import open_store
from tests.gcs import emulated_bucket
from tests.preprocess.conftest import DataSet, contents, photograph
from tests.stage_process import start


@pytest.fixture
def many(empty: DataSet) -> DataSet:
    """48 images, one of them broken."""
    for number in range(48):
        content = b"no picture" if number == 7 else photograph(number, border=number % 4 == 0)
        empty.add(f"ISIC_{number:07d}", content, split=["train", "train", "validation", "test"][number % 4])
    empty.write()
    return empty


def arguments(images: DataSet, out: Path, work: Path | str, processes: int = 1) -> dict[str, str]:
    return {
        "--manifest": str(images.manifest),
        "--crops": "96,64",
        "--images-per-shard": "4",
        "--maximum-quarantine-share": "0.1",
        "--workspace": str(work),
        "--processes": str(processes),
        "--records": str(out / "records"),
        "--sample-sheet": str(out / "sheet.html"),
        "--metrics": str(out / "metrics"),
    }


def begin(arguments: dict[str, str], log: Path) -> BaseProcess:
    """Begin a run of the stage; its log goes to a file, in place of what is there."""
    log.write_text("")  # here, since a process that is killed at once writes none
    return start("preprocess", arguments, log)


def run(images: DataSet, folder: Path, processes: int = 1) -> float:
    """Run the stage undisturbed; give the seconds that it took."""
    began = time.monotonic()
    process = begin(arguments(images, folder / "out", folder / "work", processes), folder / "log")
    process.join()
    assert process.exitcode == 0, (folder / "log").read_text()
    return time.monotonic() - began


def finished(work: Path) -> dict[str, tuple[int, ...]]:
    """The finished shards in a workspace, with the inodes of their files: a shard made again would have others."""
    inodes = {}
    for key in work.glob("shards/[!.]*"):
        for outcome in key.glob("outcomes/[!.]*"):
            files = [outcome, *(key / crop / outcome.stem for crop in ("96", "64"))]
            inodes[outcome.stem] = tuple(file.stat().st_ino for file in files)
    return inodes


def found_finished(log: Path) -> int | None:
    found = re.search(r"(\d+) shards \(\d+ images\) are finished in", log.read_text())
    return int(found[1]) if found else None


@pytest.mark.parametrize(("processes", "kills"), [(1, 24), (2, 4)])
def test_a_run_killed_at_any_moment_goes_on_and_ends_with_the_same_records(
    many: DataSet, tmp_path: Path, processes: int, kills: int
) -> None:
    run(many, tmp_path)
    expected = contents(tmp_path / "out" / "records")
    seconds = run(many, tmp_path, processes)
    out, work, log = tmp_path / "killed", tmp_path / "kept", tmp_path / "killed.log"
    moments, killed, resumed = random.Random(0), 0, 0
    while killed < kills or resumed < kills // 4:
        before = finished(work)
        process = begin(arguments(many, out, work, processes), log)
        process.join(seconds * moments.uniform(0, 0.9))
        process.kill()
        process.join()
        killed += process.exitcode == -signal.SIGKILL
        after = finished(work)
        assert process.exitcode in (0, -signal.SIGKILL), log.read_text()
        assert contents(out / "records") in ({}, expected)
        assert "is made again" not in log.read_text()
        assert after == {} or before.items() <= after.items()
        if before and found_finished(log) is not None:
            # A worker of the process that was killed may have finished its shard since.
            assert found_finished(log) == len(before) or (processes > 1 and found_finished(log) > len(before))
            resumed += 1
    process = begin(arguments(many, out, work, processes), log)
    process.join()
    assert process.exitcode == 0, log.read_text()
    assert contents(out / "records") == expected
    assert (out / "sheet.html").read_bytes() == (tmp_path / "out" / "sheet.html").read_bytes()
    assert finished(work) == {}


def test_two_runs_at_once_on_one_output_and_one_workspace_both_end_well(many: DataSet, tmp_path: Path) -> None:
    run(many, tmp_path)
    out, work = tmp_path / "shared", tmp_path / "kept"
    for _ in range(4):
        logs = [tmp_path / "one.log", tmp_path / "two.log"]
        processes = [begin(arguments(many, out, work), log) for log in logs]
        for process, log in zip(processes, logs, strict=True):
            process.join()
            assert process.exitcode == 0, log.read_text()
        assert contents(out / "records") == contents(tmp_path / "out" / "records")
        assert sorted(path.name for path in out.iterdir()) == ["metrics", "records", "sheet.html"]
        assert list((work / "shards").iterdir()) == []


def test_a_run_that_is_killed_leaves_its_finished_shards_to_another_with_an_empty_disk(
    many: DataSet, tmp_path: Path
) -> None:
    seconds = run(many, tmp_path)
    work = tmp_path / "kept"
    while not finished(work):
        process = begin(arguments(many, tmp_path / "first", work), tmp_path / "log")
        process.join(seconds / 2)
        process.kill()
        process.join()
    images = 4 * len(finished(work))
    process = begin(arguments(many, tmp_path / "second", work), tmp_path / "log")
    process.join()
    assert contents(tmp_path / "second" / "records") == contents(tmp_path / "out" / "records")
    assert images - 4 < read_json(tmp_path / "second" / "metrics")["resumed_images"] <= images


def test_a_workspace_in_a_bucket_does_the_same(many: DataSet, tmp_path: Path) -> None:
    seconds = run(many, tmp_path)
    log, kept = tmp_path / "log", 0
    with emulated_bucket({}) as bucket:
        while not kept:
            process = begin(arguments(many, tmp_path / "first", f"{bucket}/work"), log)
            process.join(seconds)
            process.kill()
            process.join()
            names = open_store(f"{bucket}/work", create=True).names()
            kept = sum("/outcomes/" in name for name in names)
        process = begin(arguments(many, tmp_path / "second", f"{bucket}/work"), log)
        process.join()
        assert found_finished(log) == kept
        assert open_store(f"{bucket}/work", create=True).names() == {}
    assert contents(tmp_path / "second" / "records") == contents(tmp_path / "out" / "records")
