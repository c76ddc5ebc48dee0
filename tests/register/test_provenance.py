from pathlib import Path

import pytest

from components.common.errors import DataError, SettingsError, StorageError
from components.common.files import write_json
from components.register.provenance import Provenance, pairs, read_data
from tests.register.conftest import DATA


def test_what_is_not_known_is_no_tag() -> None:
    tags = Provenance("", "", "", {}, {}, "", "", {"fingerprint": "d4da"}).tags()

    assert tags == {"data_fingerprint": "d4da"}


def test_lines_are_read_as_pairs() -> None:
    assert pairs("epochs=15\n\nweights=\ndata=a?b=c", "settings") == {"epochs": "15", "weights": "", "data": "a?b=c"}


def test_another_line_is_refused() -> None:
    with pytest.raises(SettingsError, match="settings: write a name=value on each line, not 'epochs'"):
        pairs("epochs", "settings")


def test_the_data_is_what_ingest_says(tmp_path: Path) -> None:
    write_json(tmp_path / "manifest.json", DATA)

    assert read_data(tmp_path) == DATA


def test_a_manifest_without_licences_is_refused(tmp_path: Path) -> None:
    write_json(tmp_path / "manifest.json", {"fingerprint": "d4da", "counts": {}})

    with pytest.raises(DataError, match="manifest.json lacks licences: run ingest again"):
        read_data(tmp_path)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="manifest.json"):
        read_data(tmp_path)
