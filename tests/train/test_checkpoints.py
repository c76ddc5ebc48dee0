"""States of a training, in a folder and in a bucket, whole and damaged."""

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from components.common.bucket import FAILURES_IN_A_ROW
from components.common.errors import DataError, StorageError
from components.train.checkpoints import Checkpoints, State, pack, unpack
from tests.faults import Fault, always, healthy, impatient
from tests.gcs import emulated_bucket, faulty_bucket

ARRAYS = [np.arange(6, dtype=np.float32).reshape(2, 3), np.array(7, np.int64), np.array([1, 2], np.uint32)]


def state(serial: int) -> State:
    return State(serial, {"history": [serial, float("nan")]}, ARRAYS)


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "folder":
        yield str(tmp_path / "work")
        return
    with emulated_bucket({}) as bucket:
        yield f"{bucket}/work"


def test_a_state_comes_back_as_it_was(place: str) -> None:
    Checkpoints(place, "key").save("final", state(3))
    loaded = Checkpoints(place, "key").load("final")
    assert loaded is not None
    assert loaded.serial == 3
    assert loaded.values["history"][0] == 3
    assert np.isnan(loaded.values["history"][1])
    for array, expected in zip(loaded.arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(array, expected)
        assert array.dtype == expected.dtype


def test_the_newest_of_the_two_that_are_kept_counts(place: str) -> None:
    checkpoints = Checkpoints(place, "key")
    for serial in (2, 9, 10, 100):
        checkpoints.save("final", state(serial))
    loaded = checkpoints.load("final")
    assert loaded is not None
    assert loaded.serial == 100
    assert sum(name.endswith(".state") for name in checkpoints._store.names()) == 2


def test_another_key_and_another_name_have_states_of_their_own(place: str) -> None:
    Checkpoints(place, "key").save("trial-001", state(1))
    assert Checkpoints(place, "key").load("trial-002") is None
    assert Checkpoints(place, "other").load("trial-001") is None


def test_what_is_removed_is_gone_and_removing_it_again_is_no_error(place: str) -> None:
    checkpoints = Checkpoints(place, "key")
    checkpoints.save("trial-001", state(1))
    for _ in range(2):
        checkpoints.remove("trial-001")
        assert checkpoints.load("trial-001") is None


def test_what_none_has_worked_with_for_a_hundred_days_is_removed_and_a_quarterly_schedule_finds_its_own(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for days, key in ((101, "old"), (93, "recent")):
        then = time.time() - days * 24 * 3600
        with monkeypatch.context() as past:
            past.setattr(time, "time", partial(float, then))
            Checkpoints(place, key).save("final", state(1))
    checkpoints = Checkpoints(place, "now")
    checkpoints.remove_stale()
    keys = {PurePosixPath(name).parts[1] for name in checkpoints._store.names("train")}
    assert keys == {"recent", "now"}


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.99])
def test_of_a_half_written_state_the_one_before_it_is_used(
    tmp_path: Path, kept: float, caplog: pytest.LogCaptureFixture
) -> None:
    checkpoints = Checkpoints(str(tmp_path), "key")
    checkpoints.save("final", state(1))
    checkpoints.save("final", state(2))
    file = tmp_path / "train" / "key" / "final" / "00000002.state"
    file.write_bytes(file.read_bytes()[: int(kept * file.stat().st_size)])
    loaded = checkpoints.load("final")
    assert loaded is not None
    assert loaded.serial == 1
    assert "00000002.state" in caplog.text


def test_where_all_are_damaged_there_is_none(tmp_path: Path) -> None:
    checkpoints = Checkpoints(str(tmp_path), "key")
    checkpoints.save("final", state(1))
    (tmp_path / "train" / "key" / "final" / "00000001.state").write_bytes(b"{}")
    assert checkpoints.load("final") is None


def test_a_flipped_bit_is_found() -> None:
    data = bytearray(pack(state(1)))
    data[len(data) // 2] ^= 1
    with pytest.raises(DataError, match="does not fit its checksum"):
        unpack(bytes(data))


def test_a_place_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="cannot write"):
        Checkpoints(str(tmp_path / "file" / "work"), "key")


def test_a_training_goes_on_where_a_store_fails_to_keep_its_state(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    impatient(monkeypatch)
    with faulty_bucket({}) as (bucket, server):
        checkpoints = Checkpoints(f"{bucket}/work", "key")
        server.plan = always(Fault.UNAVAILABLE)
        for _ in range(FAILURES_IN_A_ROW + 1):
            assert not checkpoints.save("final", state(1))
        assert "the state of final was not kept" in caplog.text
        server.plan = healthy
        checkpoints.save("final", state(2))  # finds the store well again
        assert checkpoints.save("final", state(3))


def test_a_store_that_cannot_be_read_ends_the_stage_instead_of_throwing_its_states_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    impatient(monkeypatch)
    with faulty_bucket({}) as (bucket, server):
        checkpoints = Checkpoints(f"{bucket}/work", "key")
        checkpoints.save("final", state(1))
        server.plan = always(Fault.UNAVAILABLE, path="alt=media")
        with pytest.raises(StorageError):
            checkpoints.load("final")
