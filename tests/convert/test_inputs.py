"""The inputs of a conversion: what belongs together, and what does not."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.common.ensemble import write_ensemble
from components.common.errors import DataError
from components.common.files import read_json, write_json
from components.common.member import MODEL_FILE, write_member
from components.convert.inputs import read_inputs
from tests.convert.conftest import Workplace, member, random_ensemble, write_records


@pytest.fixture
def given(tmp_path: Path) -> Workplace:
    """Descriptions alone: no network is opened by these tests."""
    members = [member("a", 48, 64), member("b", 64, 64), member("c", 48, 32)]
    for described in members:
        write_member(tmp_path / described.name, described)
        (tmp_path / described.name / MODEL_FILE).write_bytes(b"")
    write_ensemble(tmp_path / "ensemble", random_ensemble(["a", "b", "c"]))
    write_records(tmp_path / "records")
    return Workplace(tmp_path / "ensemble", [tmp_path / name for name in "abc"], tmp_path / "records")


def read(given: Workplace, members: list[Path] | None = None) -> object:
    return read_inputs(given.ensemble, members or given.members, given.records)


def test_inputs_that_belong_together_are_read_in_order(given: Workplace) -> None:
    inputs = read_inputs(given.ensemble, given.members, given.records)
    assert [described.name for described in inputs.members] == ["a", "b", "c"]
    assert inputs.crops == [48, 64]


def test_a_missing_member_is_named(given: Workplace) -> None:
    gone = given.members[1].with_name("gone")
    with pytest.raises(DataError, match="no member in .*gone: there is no such folder"):
        read(given, [given.members[0], gone, given.members[2]])


def test_a_member_without_its_network_is_named(given: Workplace) -> None:
    (given.members[2] / MODEL_FILE).unlink()
    with pytest.raises(DataError, match="the member in .*/c has no model.keras: run train again"):
        read(given)


def test_members_in_another_order_than_the_ensembles_are_refused(given: Workplace) -> None:
    a, b, c = given.members
    with pytest.raises(DataError, match="the members are b, a, c .* fitted with a, b, c: give these, in this order"):
        read(given, [b, a, c])


def test_one_member_given_twice_is_refused(given: Workplace) -> None:
    with pytest.raises(DataError, match="names must differ, but are a, a, c"):
        read(given, [given.members[0], given.members[0], given.members[2]])


def test_a_member_of_another_class_order_is_refused(given: Workplace) -> None:
    write_member(given.members[0], member("a", 48, 64, classes=["NV", "MEL"]))
    with pytest.raises(DataError, match="the member in .*/a has the classes \\['NV', 'MEL'\\]"):
        read(given)


def test_an_ensemble_of_another_class_order_is_refused(given: Workplace) -> None:
    file = given.ensemble / "ensemble.json"
    values = read_json(file)
    write_json(file, {**values, "classes": values["classes"][::-1]})
    with pytest.raises(DataError, match="the ensemble in .* has the classes \\['UNK', "):
        read(given)


def test_a_member_of_other_records_is_refused(given: Workplace) -> None:
    write_member(given.members[1], member("b", 64, 64, records_fingerprint="other"))
    with pytest.raises(DataError, match="b was trained on other records"):
        read(given)


def test_an_ensemble_of_other_records_is_refused(given: Workplace) -> None:
    write_ensemble(given.ensemble, replace(random_ensemble(["a", "b", "c"]), fingerprint="other"))
    with pytest.raises(DataError, match="was fitted on other records"):
        read(given)


def test_a_crop_that_the_records_lack_is_named(given: Workplace) -> None:
    write_member(given.members[1], member("b", 96, 64))
    with pytest.raises(DataError, match="b needs pictures of 96 px, .* has \\[48, 64\\]"):
        read(given)


def test_a_name_that_is_no_file_name_is_refused(given: Workplace) -> None:
    write_member(given.members[0], member("../a", 48, 64))
    with pytest.raises(DataError, match="the member's name '../a'"):
        read(given)


def test_an_unknown_method_is_refused(given: Workplace) -> None:
    write_ensemble(given.ensemble, replace(random_ensemble(["a", "b", "c"]), method="vote"))
    with pytest.raises(DataError, match="must be one of rank, probability, not 'vote'"):
        read(given)


@pytest.mark.parametrize(("split", "purpose"), [("test", "compare on"), ("train", "calibrate int8 on")])
def test_records_without_images_to_measure_with_are_refused(given: Workplace, split: str, purpose: str) -> None:
    file = given.records / "records.json"
    values = read_json(file)
    write_json(file, {**values, "counts": {**values["counts"], split: {}}})
    with pytest.raises(DataError, match=f"has no {split} images to {purpose}: give ingest more data"):
        read(given)
