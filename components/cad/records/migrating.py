"""Bringing a database up to date, also when several processes start at once."""

import threading
from importlib.resources import files

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from components.cad.records.engines import writing
from components.common.errors import RecordsError

# Of its own name: the database may be shared with a program that uses Alembic too.
_VERSION_TABLE = "cad_version"

# Any number that nobody else locks in PostgreSQL: "cad" in ASCII.
_LOCK = 0x636164

# Alembic keeps the migration that is running in a module of its own, for all threads.
_ONE_THREAD = threading.Lock()


def bring_up_to_date(engine: sa.Engine, version: str = "head") -> None:
    """Make the tables, or bring them up to date; who comes second waits for the first and finds all done.

    Args:
        engine: of the database.
        version: of the tables; the newest.

    Raises:
        RecordsError: the database was made by a newer version.
    """
    with _ONE_THREAD, writing(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        config = _config()
        config.attributes.update(connection=connection, version_table=_VERSION_TABLE)
        if (found := _version(connection)) not in _known(config):
            raise RecordsError(f"the records are of version {found}, which this program does not know: run a newer one")
        command.upgrade(config, version)


def check_migrated(engine: sa.Engine) -> None:
    """See that the tables are there and up to date.

    Raises:
        RecordsError: they are not.
    """
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with engine.connect() as connection:
        if (version := _version(connection)) != head:
            raise RecordsError(
                f"the records are of version {version or 'none'}, and this program needs {head}: start the service of "
                "this version once, which brings them up to date"
            )


def _config() -> Config:
    config = Config()
    # A % would be taken for the beginning of a variable.
    config.set_main_option("script_location", str(files(__package__) / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def _version(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection, opts={"version_table": _VERSION_TABLE}).get_current_revision()


def _known(config: Config) -> set[str | None]:
    return {None, *(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())}
