"""Data that nobody versioned has a version of its own."""

from pathlib import Path

import pytest

from components.common.errors import StorageError
from components.local.data_version import data_version


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "2019").mkdir()
    (tmp_path / "2019" / "labels.csv").write_text("a,1\n")
    (tmp_path / "2019" / "a.jpg").write_bytes(b"123")
    return tmp_path


def test_the_same_data_has_the_same_version(data: Path) -> None:
    assert data_version(str(data)) == data_version(str(data))


def test_a_changed_label_changes_it(data: Path) -> None:
    before = data_version(str(data))
    (data / "2019" / "labels.csv").write_text("a,2\n")
    assert data_version(str(data)) != before


def test_another_image_changes_it(data: Path) -> None:
    before = data_version(str(data))
    (data / "2019" / "b.jpg").write_bytes(b"123")
    assert data_version(str(data)) != before


def test_other_folders_beside_it_do_not_matter(data: Path) -> None:
    before = data_version(str(data))
    (data / "notes").mkdir()
    (data / "notes" / "x.csv").write_text("x")
    assert data_version(str(data)) == before


def test_no_such_folder_is_an_error() -> None:
    with pytest.raises(StorageError, match="no such folder"):
        data_version("/no/such/folder")
