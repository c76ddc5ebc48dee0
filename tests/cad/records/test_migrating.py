from collections.abc import Callable
from multiprocessing import Barrier, get_context
from multiprocessing.synchronize import Barrier as BarrierType
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from components.cad.records.engines import make_engine, parse_url
from components.cad.records.migrating import bring_up_to_date
from components.cad.records.records import Records, open_records
from components.cad.records.rows import prediction_row
from components.cad.records.schema import METADATA, PREDICTIONS
from components.common.errors import RecordsError
from tests.cad.records.conftest import prediction


def test_the_migrations_make_the_tables_that_the_code_names(records: Records) -> None:
    options = {"version_table": "cad_version", "compare_type": True}
    with records._engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_records_that_are_there_are_kept_when_they_are_opened_again(url: str, opened: Callable[[str], Records]) -> None:
    opened(url).add(prediction("one"))

    assert opened(url).get("one").prediction == prediction("one")


def test_records_of_the_first_version_are_kept_as_answers_to_pictures(
    url: str, opened: Callable[[str], Records]
) -> None:
    engine = make_engine(parse_url(url), create=True)
    bring_up_to_date(engine, "0001")
    first = {name: value for name, value in prediction_row(prediction("one")).items() if name != "tensors"}
    with engine.begin() as connection:
        connection.execute(sa.insert(PREDICTIONS), [first])
    engine.dispose()

    assert opened(url).get("one").prediction == prediction("one", tensors=False)


def _open_together(url: str, start: BarrierType, number: int) -> None:
    start.wait()
    records = open_records(url)
    records.add(prediction(str(number)))


def test_processes_that_start_at_once_find_one_database(url: str, opened: Callable[[str], Records]) -> None:
    forked = get_context("fork")
    start = Barrier(4)
    processes = [forked.Process(target=_open_together, args=(url, start, number)) for number in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert {record.prediction.request_id for record in opened(url).recent(10)} == {"0", "1", "2", "3"}


def test_a_migration_that_fails_leaves_nothing_behind(sqlite_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(sqlite_url.replace("new folder/", ""))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE cad_feedback (mine TEXT)")

    with pytest.raises(RecordsError, match="table cad_feedback already exists"):
        open_records(str(engine.url))

    assert sa.inspect(engine).get_table_names() == ["cad_feedback"]
    engine.dispose()


def test_a_database_of_a_newer_program_is_left_alone(url: str, opened: Callable[[str], Records]) -> None:
    records = opened(url)
    with records._engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cad_version SET version_num = '9999'")

    with pytest.raises(RecordsError, match="of version 9999, which this program does not know: run a newer one"):
        opened(url)


def test_who_only_reads_is_told_that_the_tables_are_not_there(postgres_url: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    for url in (postgres_url, f"sqlite:///{tmp_path}/empty.db"):
        with pytest.raises(RecordsError, match="of version none, and this program needs 0002: start the service"):
            open_records(url, migrate=False)


def test_who_only_reads_makes_no_file(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="cannot open the records .*No such file"):
        open_records(sqlite_url, migrate=False)

    assert list(tmp_path.iterdir()) == []
