"""What a database says when it fails, as an error that says what to do."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, TimeoutError

from components.common.errors import RecordsError

# What to look at, by what SQLite or PostgreSQL says.
_ADVICE: tuple[tuple[str, str], ...] = (
    ("disk is full", "free some space there"),
    ("No space left", "free some space there"),
    ("disk I/O error", "check the free space there, and the disk"),
    ("database is locked", "another program holds it for too long: end that"),
    ("lock timeout", "another program holds it for too long: end that"),
    ("readonly database", "check the permissions of the file and its folder"),
    ("unable to open database file", "check the permissions of the file and its folder"),
    ("not a database", "name another file: this one is no SQLite database"),
    ("malformed", "the file is damaged: bring it back from a backup"),
    ("no such table", "its tables are gone: bring it back from a backup"),
    ("password authentication failed", "check user and password"),
    ("does not exist", "make it, or name another"),
    ("permission denied", "let the user make and fill tables there"),
)
_ELSE = "check that the database is up and can be reached"


@contextmanager
def failures_of(shown: str) -> Iterator[None]:
    """Raise RecordsError where a database fails. IntegrityError passes: only the caller knows what it means.

    Args:
        shown: its address, without a password.
    """
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, TimeoutError, sqlite3.Error) as error:  # the last where SQLAlchemy is passed by
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip()
        advice = next((advice for words, advice in _ADVICE if words in said), _ELSE)
        first = said.partition("\n")[0]
        raise RecordsError(f"the records {shown} cannot be used: {first}; {advice}") from error
