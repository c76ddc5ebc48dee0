from pathlib import Path

import pytest

from components.common.errors import RegistryError
from components.register.database import check_database


def test_a_new_file_gets_its_folder(tmp_path: Path) -> None:
    check_database(tmp_path / "new" / "mlflow.db")

    assert (tmp_path / "new").is_dir()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("long enough that SQLite looks for its header" * 4)

    with pytest.raises(RegistryError, match="cannot open the registry's database .*file is not a database"):
        check_database(tmp_path / "mlflow.db")


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RegistryError, match="cannot open the registry's database"):
        check_database(tmp_path / "file" / "registry" / "mlflow.db")
