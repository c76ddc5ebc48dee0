import os
import sqlite3
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta, timezone
from itertools import count
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import pytest
import sqlalchemy as sa

from components.cad.records.prediction import Record
from components.cad.records.records import Records, open_records
from components.common.errors import DuplicateRequestError, RecordsError, SettingsError, UnknownRequestError
from tests.cad.records.conftest import NOON, feedback, full_prediction, prediction
from tests.disks import no_file_over
from tests.postgres import PostgresServer


def test_a_prediction_comes_back_as_it_went_in(records: Records) -> None:
    records.add(full_prediction("one"))
    records.add(prediction("two"))

    assert records.get("one") == Record(full_prediction("one"), ())
    assert records.get("two") == Record(prediction("two"), ())


def test_a_time_of_another_zone_comes_back_in_utc(records: Records) -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-7)))
    records.add(prediction("one", time=there))
    records.add_feedback(feedback("one", time=there))

    record = records.get("one")

    assert record.prediction.time.isoformat() == "2026-05-01T12:00:00+00:00"
    assert record.feedback[0].time.isoformat() == "2026-05-01T12:00:00+00:00"


def test_all_feedbacks_are_kept_in_the_order_in_which_they_came(records: Records) -> None:
    records.add(prediction("one"), prediction("two"))
    said = [
        feedback("one", "NV", source="consensus", note="looks harmless", user="a"),
        feedback("one", "MEL", note="Breslow 0.4 mm"),
        feedback("two", "BCC"),
    ]
    for each in said:
        records.add_feedback(each)

    assert records.get("one").feedback == tuple(said[:2])
    assert records.get("two").feedback == (said[2],)


def test_several_predictions_are_added_all_or_none(records: Records) -> None:
    records.add(prediction("one"))

    with pytest.raises(DuplicateRequestError, match="there is a prediction of request two, one already"):
        records.add(prediction("two"), prediction("one"))

    assert [record.prediction.request_id for record in records.recent(10)] == ["one"]


def test_a_failure_tells_nothing_of_the_patient(records: Records) -> None:
    records.add(prediction("one"))

    with pytest.raises(DuplicateRequestError) as error:
        records.add(prediction("one"))

    told = "".join(traceback.format_exception(error.value))
    assert "IntegrityError" in told
    assert "female" not in told


def test_an_unknown_request_is_named(records: Records) -> None:
    with pytest.raises(UnknownRequestError, match="no prediction of request 'none': check the id"):
        records.get("none")
    with pytest.raises(UnknownRequestError, match="'none'"):
        records.add_feedback(feedback("none"))
    with pytest.raises(UnknownRequestError, match="'none'"):
        records.recent(1, before="none")
    for impossible in ("a\0b", "\ud800"):
        with pytest.raises(UnknownRequestError):
            records.get(impossible)
        with pytest.raises(UnknownRequestError):
            records.recent(1, before=impossible)


def test_the_latest_are_listed_first_page_by_page(records: Records) -> None:
    records.add(*(prediction(str(number)) for number in range(5)))
    records.add_feedback(feedback("3"))

    first = records.recent(2)
    second = records.recent(2, before=first[-1].prediction.request_id)
    third = records.recent(2, before=second[-1].prediction.request_id)

    pages = [[record.prediction.request_id for record in page] for page in (first, second, third)]
    assert pages == [["4", "3"], ["2", "1"], ["0"]]
    assert first[1].feedback == (feedback("3"),)
    assert records.recent(2, before="0") == []


def test_threads_add_and_read_at_once(records: Records) -> None:
    def work(thread: int) -> int:
        for number in range(5):
            records.add(prediction(f"{thread}-{number}"))
            records.add_feedback(feedback(f"{thread}-{number}"))
        return len(records.recent(1000))

    with ThreadPoolExecutor(8) as threads:
        counts = list(threads.map(work, range(8)))

    assert max(counts) == len(records.recent(1000)) == 40


@pytest.mark.parametrize("table", ["cad_predictions", "cad_feedback"])
@pytest.mark.parametrize("change", ["UPDATE {} SET request_id = 'other'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_a_row(in_sqlite: Records, table: str, change: str) -> None:
    _check_refused(in_sqlite, change.format(table))


def test_postgresql_refuses_too(postgres_url: str, opened: Callable[[str], Records]) -> None:
    records = opened(postgres_url)
    for table in ("cad_predictions", "cad_feedback"):
        for change in (f"UPDATE {table} SET request_id = 'x'", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            _check_refused(records, change)


def _check_refused(records: Records, change: str) -> None:
    records.add(prediction(change))
    records.add_feedback(feedback(change))
    with (
        pytest.raises(sa.exc.DBAPIError, match="records are only ever added to"),
        records._engine.begin() as connection,
    ):
        connection.exec_driver_sql(change)
    assert records.get(change) == Record(prediction(change), (feedback(change),))


def test_a_file_can_be_read_by_its_owner_only(in_sqlite: Records, tmp_path: Path) -> None:
    in_sqlite.add(prediction("one"))

    files = sorted((tmp_path / "new folder").iterdir())

    assert [file.name for file in files] == ["records.db", "records.db-shm", "records.db-wal"]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert (tmp_path / "new folder").stat().st_mode & 0o777 == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path, opened: Callable[[str], Records]) -> None:
    (tmp_path / "records.db").touch(mode=0o644)

    opened(f"sqlite:///{tmp_path}/records.db")

    assert (tmp_path / "records.db").stat().st_mode & 0o777 == 0o600


def test_readers_and_a_writer_do_not_wait_for_one_another(in_sqlite: Records) -> None:
    in_sqlite.add(prediction("one"))
    with in_sqlite._engine.begin() as reader:
        before = reader.execute(sa.text("SELECT count(*) FROM cad_predictions")).scalar()
        in_sqlite.add(prediction("two"))
        after = reader.execute(sa.text("SELECT count(*) FROM cad_predictions")).scalar()

    assert (before, after) == (1, 1)
    assert len(in_sqlite.recent(10)) == 2


def test_a_url_may_ask_that_additions_wait_for_the_disk(tmp_path: Path, opened: Callable[[str], Records]) -> None:
    modes = []
    for query in ("", "?synchronous=NORMAL", "?synchronous=FULL"):
        with opened(f"sqlite:///{tmp_path}/records.db{query}")._engine.connect() as connection:
            modes.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())

    assert modes == [1, 1, 2]


def _add_for_ever(url: str, answers: Connection) -> None:
    records = open_records(url)
    for number in count():
        records.add(prediction(str(number)))
        answers.send(str(number))


def test_what_was_added_survives_the_kill_of_the_process(sqlite_url: str, opened: Callable[[str], Records]) -> None:
    answers, there = Pipe(duplex=False)
    process = get_context("fork").Process(target=_add_for_ever, args=(sqlite_url, there))
    process.start()
    there.close()
    answered = {answers.recv() for _ in range(50)}
    process.kill()
    with suppress(EOFError):
        while True:
            answered.add(answers.recv())
    process.join()

    kept = {record.prediction.request_id for record in opened(sqlite_url).recent(100_000)}

    assert len(answered) >= 50
    assert answered <= kept


def test_a_record_is_added_and_found_within_milliseconds(in_sqlite: Records) -> None:
    in_sqlite.add(*(prediction(f"earlier-{number}") for number in range(5000)))

    def seconds(work: Callable[[int], object]) -> float:
        taken = []
        for number in range(21):
            begin = time.perf_counter()
            work(number)
            taken.append(time.perf_counter() - begin)
        return median(taken)

    assert seconds(lambda number: in_sqlite.add(prediction(str(number)))) < 0.005
    assert seconds(lambda number: in_sqlite.get(f"earlier-{number}")) < 0.02
    assert seconds(lambda number: in_sqlite.recent(20, before=f"earlier-{4000 - number}")) < 0.05


@pytest.mark.parametrize(
    "url",
    [
        "",
        "records.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///records.db?synchronous=OFF",
        "mysql://user:secret@host/database",
        "postgresql://user:secret@host",
        "postgresql://user:secret@host:port/database",
    ],
)
def test_a_wrong_url_says_which_are_right_and_shows_no_password(url: str) -> None:
    with pytest.raises(
        SettingsError, match="give sqlite:///FILE, .* or postgresql://USER:PASSWORD@HOST/DATABASE"
    ) as error:
        open_records(url)
    assert "secret" not in str(error.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(RecordsError, match="cannot open the records .*file/records.db: .*check the path"):
        open_records(f"sqlite:///{tmp_path}/file/records.db")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "records.db").write_text("long enough that SQLite looks for its header" * 4)

    with pytest.raises(RecordsError, match="file is not a database; name another file"):
        open_records(f"sqlite:///{tmp_path}/records.db")


def test_a_server_that_is_not_there_is_named_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(
        RecordsError, match=r"user:\*\*\*@.* cannot be used: .*; check that the database is up"
    ) as error:
        open_records(f"postgresql://user:secret@/records?host={tmp_path}")
    assert "secret" not in str(error.value)


def test_a_database_that_the_server_does_not_have_is_named(postgres: PostgresServer) -> None:
    with pytest.raises(RecordsError, match='database "none" does not exist; make it, or name another'):
        open_records(postgres.url("none"))


def test_a_server_that_went_away_and_came_back_is_used_again(
    postgres: PostgresServer, postgres_url: str, opened: Callable[[str], Records]
) -> None:
    records = opened(postgres_url)
    records.add(prediction("before"))
    postgres.stop()
    try:
        with pytest.raises(RecordsError, match="cannot be used: .*; check that the database is up and can be reached"):
            records.add(prediction("meanwhile"))
        with pytest.raises(RecordsError, match="cannot be used"):
            records.ping()
    finally:
        postgres.start()

    records.ping()
    records.add(prediction("after"))

    assert [record.prediction.request_id for record in records.recent(10)] == ["after", "before"]


def test_a_full_disk_is_named_and_leaves_what_was_there(in_sqlite: Records) -> None:
    in_sqlite.add(prediction("before"))
    many = [prediction(str(number), images=("a" * 64,) * 100) for number in range(50)]
    with no_file_over(2**17), pytest.raises(RecordsError, match="(disk is full|disk I/O error); .*free"):
        in_sqlite.add(*many)

    in_sqlite.add(prediction("after"))

    assert [record.prediction.request_id for record in in_sqlite.recent(10)] == ["after", "before"]


def test_a_database_that_another_program_holds_is_named(in_sqlite: Records, tmp_path: Path) -> None:
    in_sqlite._engine.dispose()
    holder = sqlite3.connect(tmp_path / "new folder" / "records.db", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    # Not for ten seconds.
    sa.event.listen(in_sqlite._engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=50"))

    with pytest.raises(RecordsError, match="database is locked; another program holds it for too long"):
        in_sqlite.add(prediction("one"))

    holder.close()
    in_sqlite.add(prediction("one"))


def test_a_home_folder_may_be_meant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, opened: Callable[[str], Records]
) -> None:
    monkeypatch.setitem(os.environ, "HOME", str(tmp_path))

    opened("sqlite:///~/records.db").add(prediction("one"))

    assert (tmp_path / "records.db").is_file()


def test_the_log_that_comes_before_the_database_is_moved_into_it_while_others_read(
    sqlite_url: str, opened: Callable[[str], Records]
) -> None:
    records, reader = opened(sqlite_url), opened(sqlite_url)
    records.add(*(prediction(f"number {number}") for number in range(100)))
    file = Path(str(sa.make_url(sqlite_url).database))
    before = file.stat().st_size

    records.tidy()

    assert file.stat().st_size > before
    assert reader.get("number 99").prediction == prediction("number 99")


def test_a_full_disk_is_named_where_the_log_is_moved_and_the_next_move_goes_well(in_sqlite: Records) -> None:
    in_sqlite.add(*(prediction(str(number), images=("a" * 64,) * 100) for number in range(50)))
    with no_file_over(2**16), pytest.raises(RecordsError, match="disk I/O error; .*free"):
        in_sqlite.tidy()

    in_sqlite.tidy()


def test_a_database_that_keeps_itself_tidy_is_left_alone(postgres_url: str, opened: Callable[[str], Records]) -> None:
    opened(postgres_url).tidy()
