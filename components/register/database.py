"""The SQLite file of an embedded registry."""

import contextlib
import sqlite3
from pathlib import Path

from components.common.errors import RegistryError

_SECONDS_FOR_LOCK = 30.0


def check_database(file: Path) -> None:
    """Make a SQLite file's folder, and see that the file can be written: MLflow itself would try for over a minute.

    Raises:
        RegistryError: it cannot be written, or is not a SQLite database.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(file, timeout=_SECONDS_FOR_LOCK)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except (OSError, sqlite3.Error) as error:
        raise RegistryError(
            f"cannot open the registry's database {file}: {error}; check that it is an MLflow database and its folder "
            "can be written"
        ) from error
