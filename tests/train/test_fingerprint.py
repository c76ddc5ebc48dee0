"""The key of a training's state."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.train.fingerprint import source_fingerprint, training_key
from tests.train.test_settings import GOOD


def test_the_key_names_the_member_and_is_the_same_for_the_same_training() -> None:
    assert training_key(GOOD, "data") == training_key(GOOD, "data")
    assert training_key(GOOD, "data").startswith("a-")


@pytest.mark.parametrize("change", [{"seed": 1}, {"epochs": 5}, {"weights": "imagenet"}, {"size": 72}, {"trials": 3}])
def test_whatever_changes_the_result_changes_the_key(change: dict[str, object]) -> None:
    assert training_key(replace(GOOD, **change), "data") != training_key(GOOD, "data")


def test_other_data_and_other_code_change_the_key() -> None:
    assert training_key(GOOD, "other") != training_key(GOOD, "data")
    assert training_key(GOOD, "data", code="other") != training_key(GOOD, "data")


def test_where_it_is_kept_and_what_it_runs_on_do_not() -> None:
    assert training_key(replace(GOOD, workspace="gs://there", gpus=1), "data") == training_key(GOOD, "data")


def test_what_is_made_of_the_network_in_the_end_does_not() -> None:
    assert training_key(replace(GOOD, test_time_flips=True), "data") == training_key(GOOD, "data")


def test_the_source_is_that_of_the_stage_and_of_what_it_shares(tmp_path: Path) -> None:
    for name in ("train/a.py", "common/b.py", "convert/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("one = 1")
    before = source_fingerprint(tmp_path)
    (tmp_path / "convert/c.py").write_text("one = 2")
    assert source_fingerprint(tmp_path) == before
    (tmp_path / "common/b.py").write_text("one = 2")
    assert source_fingerprint(tmp_path) != before


def test_other_weights_at_the_same_place_change_the_key(tmp_path: Path) -> None:
    file = tmp_path / "efficientnetb0_notop.h5"
    keys = []
    for content in (b"one", b"other", b"one"):
        file.write_bytes(content)
        keys.append(training_key(replace(GOOD, weights=str(tmp_path)), "data"))
    assert keys[0] == keys[2] != keys[1]


def test_a_changed_page_keeps_the_states(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    before = source_fingerprint(tmp_path)
    (tmp_path / "train" / "reports.py").write_text("title = 'Another'")
    assert source_fingerprint(tmp_path) == before
