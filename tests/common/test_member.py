"""The settings beside a trained member."""

import dataclasses
import json
from pathlib import Path

import pytest

from components.common.errors import DataError, StorageError
from components.common.member import Member, read_member, write_member
from components.common.taxonomy import CLASSES

MEMBER = Member(
    name="b4-768",
    backbone="EfficientNetB4",
    crop=768,
    size=640,
    batch_size=16,
    epochs=15,
    weights="imagenet",
    hyperparameters={"learning_rate": 3e-4, "dropout": 0.4, "optimizer": "adam"},
    seed=7,
    trials=20,
    records_fingerprint="0f" * 32,
    classes=list(CLASSES),
    versions={"keras": "3.15.1"},
)


def test_a_member_comes_back_as_it_was_written(tmp_path: Path) -> None:
    write_member(tmp_path, MEMBER)
    assert read_member(tmp_path) == MEMBER


def test_a_member_of_classes_in_another_order_is_refused(tmp_path: Path) -> None:
    write_member(tmp_path, dataclasses.replace(MEMBER, classes=sorted(CLASSES)))
    with pytest.raises(
        DataError, match="the member in .* has the classes .*'AK', 'BCC'.*, this version has .*'MEL', 'NV'"
    ):
        read_member(tmp_path)


def test_a_folder_without_a_member_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot read .*member.json"):
        read_member(tmp_path)


@pytest.mark.parametrize("value", [{"name": "b4-768"}, {**dataclasses.asdict(MEMBER), "colour": 1}, ["b4-768"], None])
def test_a_file_that_describes_something_else_is_named(tmp_path: Path, value: object) -> None:
    (tmp_path / "member.json").write_text(json.dumps(value))
    with pytest.raises(DataError, match="member.json describes no member of this version: .*train it again"):
        read_member(tmp_path)
