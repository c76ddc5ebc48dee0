"""Connections to the database that a URL names: SQLite or PostgreSQL."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from components.common.errors import RecordsError, SettingsError

_HINT = "give sqlite:///FILE, sqlite:///FILE?synchronous=FULL, or postgresql://USER:PASSWORD@HOST/DATABASE"

_SECONDS_TO_CONNECT = 5
_SECONDS_FOR_LOCK = 10
_SECONDS_FOR_STATEMENT = 30

# With the first, what was added survives the end of the process, killed or not, but the last seconds of it may not
# survive the machine's; with the second nothing is lost, and each addition waits for the disk.
_SYNCHRONOUS = ("NORMAL", "FULL")

# Pages in the write-ahead log after which a writer moves them to the database itself, and others wait meanwhile. Before
# it comes to that, `Records.tidy` does it beside the writers.
_CHECKPOINT = "wal_autocheckpoint=20000"

# What a transaction begins with on SQLite: a writer takes its lock at once, since it cannot always get it later.
_BEGIN = "sqlite_begin"
_READ, _WRITE = "BEGIN", "BEGIN IMMEDIATE"

_POSTGRESQL = "postgresql+psycopg"


def parse_url(url: str) -> sa.URL:
    """Read the address of a database; of PostgreSQL, psycopg 3 is the driver whichever is named.

    Raises:
        SettingsError: it is malformed, of another kind, or names no file or database.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        # What is malformed may hold a password, so it is not shown.
        raise SettingsError(f"the URL of the records is none: {_HINT}") from None
    kind = parsed.get_backend_name()
    if kind == "sqlite" and parsed.database not in (None, "", ":memory:") and _synchronous(parsed) in _SYNCHRONOUS:
        return parsed.set(drivername="sqlite", database=str(Path(str(parsed.database)).expanduser().absolute()))
    if kind in ("postgresql", "postgres") and parsed.database:
        return parsed.set(drivername=_POSTGRESQL)
    raise SettingsError(f"the URL of the records {parsed.render_as_string()!r} cannot be used: {_HINT}")


def make_engine(url: sa.URL, *, create: bool) -> sa.Engine:
    """An engine for a URL of `parse_url`.

    Args:
        url: of the database.
        create: of SQLite, make the file and its folder if need be.

    Raises:
        RecordsError: the file cannot be made, or there is none and none is to be made.
    """
    if url.get_backend_name() == "sqlite":
        _make_private(Path(str(url.database)), create)
        return _sqlite(url)
    limits = f"-c statement_timeout={_SECONDS_FOR_STATEMENT}s -c lock_timeout={_SECONDS_FOR_LOCK}s"
    return sa.create_engine(
        url,
        pool_pre_ping=True,  # a server that was started again closes the connections of before
        pool_timeout=_SECONDS_FOR_LOCK,
        hide_parameters=True,  # a failure that is logged tells nothing of a patient
        connect_args={"connect_timeout": _SECONDS_TO_CONNECT, "options": limits},
    )


def writing(engine: sa.Engine) -> sa.Engine:
    """The same engine, for transactions that write."""
    return engine.execution_options(**{_BEGIN: _WRITE})


def _sqlite(url: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        url.set(query={}),
        hide_parameters=True,
        connect_args={"timeout": _SECONDS_FOR_LOCK, "check_same_thread": False},
        pool_timeout=_SECONDS_FOR_LOCK,
    )
    sa.event.listen(engine, "connect", partial(_prepare, synchronous=str(_synchronous(url))))
    sa.event.listen(engine, "begin", _begin)
    return engine


def _make_private(file: Path, create: bool) -> None:
    """See that its owner alone can read a file; SQLite gives the files that it puts beside it the same permissions."""
    try:
        if create:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(file, os.O_RDWR | (os.O_CREAT if create else 0), 0o600))
        if file.stat().st_mode & 0o077:
            file.chmod(0o600)
    except OSError as error:
        raise RecordsError(
            f"cannot open the records {file}: {error}; check the path, the permissions and the free space there"
        ) from error


def _synchronous(url: sa.URL) -> object:
    return url.query.get("synchronous", _SYNCHRONOUS[0])


def _prepare(connection: Any, _: object, *, synchronous: str) -> None:
    """Of each new connection to SQLite."""
    connection.isolation_level = None  # transactions begin where `_begin` says, not where the driver thinks so
    # In the first mode readers and a writer do not wait for one another.
    for pragma in ("journal_mode=WAL", _CHECKPOINT, f"synchronous={synchronous}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, _READ))
