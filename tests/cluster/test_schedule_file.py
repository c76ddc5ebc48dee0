"""Schedule files: those of the repository are right, and a wrong one is refused by file and field."""

from pathlib import Path

import pytest
import yaml

from components.cluster.parameters import checked_values
from components.cluster.schedule_file import read_schedule
from components.common.errors import SettingsError
from components.local.images import REPOSITORY
from tests.cluster.conftest import DATA, built

FILES = sorted((REPOSITORY / "manifests" / "schedules").glob("*.yaml"))
RIGHT = {"name": "weekly", "preset": "sample", "cron": "0 0 3 * * 0", "parameters": {"data": DATA}}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_files_of_the_repository_are_right(file: Path) -> None:
    schedule = read_schedule(file)
    assert checked_values(built(schedule.preset), schedule.parameters)
    assert schedule.max_concurrency == 1


def test_no_two_files_are_about_the_same_schedule() -> None:
    names = [read_schedule(file).name for file in FILES]
    assert len(set(names)) == len(names) >= 2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"crno": "0 0 3 * * 0"}, "crno: Extra inputs are not permitted"),
        ({"cron": "0 3 * * 0"}, "cron: Value error, '0 3 \\* \\* 0' has 5 fields, not six"),
        ({"preset": "papier"}, "preset: Value error, 'papier' is not one of demo, sample, paper"),
        ({"name": "Weekly Run"}, "name: String should match pattern"),
        ({"max_concurrency": 11}, "max_concurrency: Input should be less than or equal to 10"),
        ({"max_concurrency": "1"}, "max_concurrency: Input should be a valid integer"),
        ({"catch_up": "no"}, "catch_up: Input should be a valid boolean"),
        ({"state": "gone"}, "state: Input should be 'present' or 'absent'"),
        ({"parameters": {"data": [DATA]}}, r"parameters.data.str: Input should be a valid string"),
    ],
)
def test_a_wrong_field_is_named_with_its_file(tmp_path: Path, changes: dict[str, object], message: str) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(yaml.safe_dump({**RIGHT, **changes}))
    with pytest.raises(SettingsError, match=f"{file}: {message}"):
        read_schedule(file)


def test_all_wrong_fields_are_named_at_once(tmp_path: Path) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text("name: weekly\npreset: none\n")
    with pytest.raises(SettingsError) as raised:
        read_schedule(file)
    assert [line.split(": ")[1] for line in str(raised.value).splitlines()] == ["preset", "cron", "parameters"]


@pytest.mark.parametrize(("text", "message"), [("- a\n", "holds no mapping"), ("a: [\n", "cannot be read")])
def test_what_is_no_schedule_is_refused(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "schedule.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_schedule(file)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(SettingsError, match="/no/such.yaml: cannot be read"):
        read_schedule(Path("/no/such.yaml"))
