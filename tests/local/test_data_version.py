"""Data that nobody versioned has a version of its own."""

from pathlib import Path

import pytest

from components.common.errors import DataError, StorageError
from components.common.taxonomy import CLASSES
from components.local.data_version import data_version
from tests.ingest.isic_folder import (
    DUPLICATES_2020,
    IMAGES_2019,
    TRUTH_2019,
    one_hot,
    write_2019,
    write_2020,
    write_images,
    write_rows,
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    write_2019(tmp_path / "data", {"ISIC_0000001": "MEL"})
    return tmp_path / "data"


def test_the_same_data_has_the_same_version(data: Path) -> None:
    assert data_version(str(data)) == data_version(str(data))


def test_a_changed_label_changes_it(data: Path) -> None:
    before = data_version(str(data))
    write_rows(data / TRUTH_2019, ("image", *CLASSES), [("ISIC_0000001", *one_hot("NV"))])
    assert data_version(str(data)) != before


def test_another_image_changes_it(data: Path) -> None:
    before = data_version(str(data))
    (data / IMAGES_2019 / "ISIC_0000002.jpg").write_bytes(b"123")
    assert data_version(str(data)) != before


def test_another_list_of_duplicates_changes_it(tmp_path: Path) -> None:
    write_2020(tmp_path, [("ISIC_0000001", "IP_1", "nevus"), ("ISIC_0000002", "IP_2", "nevus")])
    before = data_version(str(tmp_path))
    write_rows(tmp_path / DUPLICATES_2020, ("image_name_1", "image_name_2"), [("ISIC_0000001", "ISIC_0000002")])
    listed = data_version(str(tmp_path))
    (tmp_path / DUPLICATES_2020).unlink()
    assert len({before, listed, data_version(str(tmp_path))}) == 3


def test_another_meaning_of_the_words_changes_it(tmp_path: Path) -> None:
    description = """
        name = "clinic"
        title = "Clinic"
        licence = "internal"
        citation = "nobody"
        images = "pictures/{image}.jpg"
        [[tables]]
        files = ["lesions.csv"]
        image = "image"
        columns = { diagnosis = "finding" }
        [values.diagnosis]
        "mole" = "NV"
    """
    write_rows(tmp_path / "lesions.csv", ("image", "finding"), [("ISIC_0000001", "mole")])
    write_images(tmp_path / "pictures", ["ISIC_0000001"])
    (tmp_path / "dataset.toml").write_text(description)
    before = data_version(str(tmp_path))
    (tmp_path / "dataset.toml").write_text(description.replace('"NV"', '"MEL"'))
    assert data_version(str(tmp_path)) != before


def test_blanks_between_sources_do_not_count(data: Path, tmp_path: Path) -> None:
    write_2020(tmp_path / "more", [("ISIC_0000002", "IP_1", "nevus")])
    assert data_version(f"{data}, {tmp_path / 'more'}") == data_version(f"{data},{tmp_path / 'more'}")


def test_other_folders_beside_it_do_not_matter(data: Path) -> None:
    before = data_version(str(data))
    (data / "notes").mkdir()
    (data / "notes" / "x.csv").write_text("x")
    assert data_version(str(data)) == before


def test_every_source_counts(data: Path, tmp_path: Path) -> None:
    write_2020(tmp_path / "more", [("ISIC_0000002", "IP_1", "nevus")])
    versions = {
        data_version(str(data)),
        data_version(f"{data},{tmp_path / 'more'}"),
        data_version(str(tmp_path / "more")),
    }
    assert len(versions) == 3


def test_of_what_must_be_downloaded_the_address_counts() -> None:
    one, other = (data_version(f"https://example.org/{year}/images.zip") for year in (2019, 2020))
    assert one != other


def test_a_folder_without_a_data_set_is_an_error_before_the_run_starts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no data set in"):
        data_version(str(tmp_path))


def test_no_such_folder_is_an_error() -> None:
    with pytest.raises(StorageError, match="no such folder"):
        data_version("/no/such/folder")
