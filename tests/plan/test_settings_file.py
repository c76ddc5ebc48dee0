"""A file that a person edits is read strictly, and errors name the file and the field."""

from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from components.common.errors import SettingsError
from components.plan.settings_file import read_settings_file


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: str
    sizes: tuple[int, ...] = ()


def read(folder: Path, text: str) -> Wanted:
    (folder / "wanted.yaml").write_text(text)
    return read_settings_file(folder / "wanted.yaml", Wanted)


def test_a_list_stands_for_a_tuple(tmp_path: Path) -> None:
    assert read(tmp_path, "name: a\nsizes: [1, 2]\n") == Wanted(name="a", sizes=(1, 2))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("sizes: [1]", r"wanted\.yaml: name: Field required"),
        ("name: a\nsizes: [1, big]", r"wanted\.yaml: sizes\.1: Input should be a valid integer"),
        ("name: 3", r"wanted\.yaml: name: Input should be a valid string"),
        ("name: a\nsize: 3", r"wanted\.yaml: size: Extra inputs are not permitted"),
        ("", r"wanted\.yaml: the whole file: "),
        ("name: [", r"wanted\.yaml is no YAML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*none\.yaml: No such file"):
        read_settings_file(tmp_path / "none.yaml", Wanted)
