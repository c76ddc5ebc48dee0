"""States of the data are kept one after the other, in a folder or a bucket, and none is ever overwritten."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import StorageError
from components.common.storage import open_store
from components.common.store import Store
from components.ingest.history import COLUMNS, History, State
from tests.gcs import emulated_bucket


def images(**splits: str) -> pd.DataFrame:
    rows = [{"image_id": name, "split": split, "label": "NV", "source": "isic2019"} for name, split in splits.items()]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype("str")


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "folder":
        yield open_store(str(tmp_path / "workspace"), create=True)
        return
    with emulated_bucket({}) as uri:
        yield open_store(f"{uri}/workspace", create=True)


def test_before_any_run_the_state_is_empty(store: Store) -> None:
    state = History(store, 0).latest()
    assert state.number == 0
    assert state.splits.empty
    assert state.present.empty


def test_a_state_is_found_again(store: Store) -> None:
    assert History(store, 0).add(State(), images(a="train", b="test"), "spring", "f1")
    state = History(store, 0).latest()
    assert (state.number, state.data_version, state.fingerprint) == (1, "spring", "f1")
    assert state.splits.to_dict() == {"a": "train", "b": "test"}


def test_an_image_that_is_taken_out_keeps_its_split(store: Store) -> None:
    history = History(store, 0)
    history.add(history.latest(), images(a="train", b="test"), "spring", "f1")
    history.add(history.latest(), images(b="test", c="validation"), "summer", "f2")
    state = history.latest()
    assert state.splits.to_dict() == {"a": "train", "b": "test", "c": "validation"}
    assert state.present["image_id"].tolist() == ["b", "c"]


def test_the_same_state_is_not_added_twice(store: Store) -> None:
    history = History(store, 0)
    for _ in range(2):
        assert history.add(history.latest(), images(a="train"), "spring", "f1")
    assert history.latest().number == 1


def test_what_to_compare_with_is_the_last_other_state(store: Store) -> None:
    history = History(store, 0)
    history.add(history.latest(), images(a="train"), "spring", "f1")
    history.add(history.latest(), images(a="train", b="test"), "summer", "f2")
    assert history.before("f2").data_version == "spring"
    assert history.before("f1").number == 0  # what came later is not what a state is compared with
    assert History(store, 1).before("f2").number == 0  # another seed has a history of its own


def test_of_two_runs_at_once_one_is_told_to_look_again(tmp_path: Path) -> None:
    history = History(open_store(str(tmp_path), create=True), 0)
    seen_by_both = history.latest()
    assert history.add(seen_by_both, images(a="train"), "one", "f1")
    assert not history.add(seen_by_both, images(b="train"), "other", "f2")
    assert history.latest().fingerprint == "f1"


def test_a_damaged_state_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    history = History(open_store(str(tmp_path), create=True), 0)
    history.add(history.latest(), images(a="train"), "spring", "f1")
    (tmp_path / "history" / "seed-0" / "000001.parquet").write_bytes(b"PAR1 no more")
    with pytest.raises(StorageError, match="history/seed-0/000001.parquet in .* is damaged.*restore it, or remove"):
        history.latest()
