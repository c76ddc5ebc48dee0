"""The audit records: each prediction and each feedback is added, and none is ever changed or taken away."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from components.cad.records import queries
from components.cad.records.drift import Drift, Observation
from components.cad.records.engines import make_engine, parse_url, writing
from components.cad.records.exporting import Form, file_pieces
from components.cad.records.failures import failures_of
from components.cad.records.migrating import bring_up_to_date, check_migrated
from components.cad.records.prediction import MAXIMUM_NAME, Feedback, Prediction, Record, can_be_kept
from components.cad.records.rows import Row, feedback_of, feedback_row, prediction_of, prediction_row
from components.cad.records.schema import FEEDBACK, PREDICTIONS
from components.common.errors import DuplicateRequestError, UnknownRequestError
from components.common.reference import Reference

What = Literal["predictions", "feedback"]

_CHUNK = 5000
"""Rows that are read at a time where all are wanted: no transaction is long, and none of them holds the others up."""


class Records:
    """The records in one database; safe to use from several threads, and beside other processes.

    Every method raises RecordsError where the database is down, locked by others for too long, full, or damaged.
    """

    shown: str
    """The database's address, without a password."""

    def __init__(self, engine: sa.Engine) -> None:
        self.shown = engine.url.render_as_string()
        self._engine = engine
        self._writing = writing(engine)
        # SQLite has one writer at a time, and lets others look again after a while: threads can wait better than that.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    def add(self, *predictions: Prediction) -> None:
        """Add predictions, all or none; when this returns, the end of this process does not lose them.

        Raises:
            DuplicateRequestError: one with such a request id is there.
        """
        try:
            self._insert(PREDICTIONS, [prediction_row(prediction) for prediction in predictions])
        except IntegrityError as error:
            names = ", ".join(prediction.request_id for prediction in predictions)
            raise DuplicateRequestError(
                f"there is a prediction of request {names} already: give every request an id of its own"
            ) from error

    def add_feedback(self, feedback: Feedback) -> None:
        """Attach a feedback to its prediction.

        Raises:
            UnknownRequestError: there is no such prediction.
        """
        try:
            self._insert(FEEDBACK, [feedback_row(feedback)])
        except IntegrityError as error:
            raise _unknown(feedback.request_id) from error

    def get(self, request_id: str) -> Record:
        """One prediction with all its feedback.

        Raises:
            UnknownRequestError: there is no such prediction.
        """
        found = self._records(PREDICTIONS.c.request_id == request_id, limit=1) if can_be_kept(request_id) else []
        if not found:
            raise _unknown(request_id)
        return found[0]

    def recent(self, limit: int, before: str | None = None) -> list[Record]:
        """The last predictions that were added, the latest first.

        Args:
            limit: how many, at most.
            before: a request id, the last of a page: only what was added before that one.

        Raises:
            UnknownRequestError: there is no prediction `before`.
        """
        if before is None:
            return self._records(sa.true(), limit)
        if not can_be_kept(before):
            raise _unknown(before)
        mark = sa.select(PREDICTIONS.c.id).where(PREDICTIONS.c.request_id == before)
        with self._failures(), self._engine.begin() as connection:
            number = connection.scalar(mark)
        if number is None:
            raise _unknown(before)
        return self._records(PREDICTIONS.c.id < number, limit)

    def export(self, form: Form, what: What = "predictions", since: datetime | None = None) -> Iterator[bytes]:
        """The bytes of a CSV or Parquet file, piece by piece, in the order in which rows were added.

        Args:
            form: of the file.
            what: predictions, one row each with the feedback that counts; or feedback, all of it.
            since: only predictions, or feedback, of this time and later.
        """
        query, table = (
            (queries.predictions(since), PREDICTIONS) if what == "predictions" else (queries.feedback(since), FEEDBACK)
        )
        return file_pieces(query.selected_columns, self._chunks(query, table), form)

    def drift(self, reference: Reference | None, since: datetime | None = None, digest: str | None = None) -> Drift:
        """How far predictions differ from the model's reference, and how good they were where feedback says so.

        Args:
            reference: `read_reference` of the model's folder; None where it has none, which the answer says.
            since: only predictions of this time and later.
            digest: only predictions of the model with this digest; None: of all models.
        """
        observation = Observation(reference)
        for chunk in self._chunks(queries.observed(since, digest), PREDICTIONS):
            observation.add(chunk)
        return observation.drift()

    def ping(self) -> None:
        """Ask the database for nothing: whether it answers."""
        with self._failures(), self._engine.begin() as connection:
            connection.execute(sa.select(1))

    def tidy(self) -> None:
        """What the database wants done from time to time: of SQLite, to move the write-ahead log into the database.

        It waits for the disk, and nobody waits for it. https://www.sqlite.org/wal.html#ckpt
        """
        if self._engine.dialect.name == "sqlite":
            with self._failures(), self._engine.connect() as connection:
                connection.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").close()

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()

    def _insert(self, table: sa.Table, rows: list[dict[str, Any]]) -> None:
        """Add rows in one transaction. IntegrityError passes: only the caller knows what it means."""
        if not rows:
            return
        with self._turn, self._failures(), self._writing.begin() as connection:
            connection.execute(sa.insert(table), rows)

    def _records(self, condition: sa.ColumnElement[bool], limit: int) -> list[Record]:
        """The latest predictions first, with their feedback."""
        query = sa.select(PREDICTIONS).where(condition).order_by(PREDICTIONS.c.id.desc()).limit(limit)
        with self._failures(), self._engine.begin() as connection:
            rows = connection.execute(query).mappings().all()
            names = [row["request_id"] for row in rows]
            about = sa.select(FEEDBACK).where(FEEDBACK.c.request_id.in_(names)).order_by(FEEDBACK.c.id)
            said = [feedback_of(row) for row in connection.execute(about).mappings()]
        return [
            Record(prediction_of(row), tuple(one for one in said if one.request_id == row["request_id"]))
            for row in rows
        ]

    def _chunks(self, query: sa.Select[Any], table: sa.Table) -> Iterator[list[Row]]:
        """All rows of a query, by the number of its table's rows, some at a time."""
        last = 0
        while True:
            part = query.where(table.c.id > last).order_by(table.c.id).limit(_CHUNK)
            with self._failures(), self._engine.begin() as connection:
                rows: list[Row] = list(connection.execute(part).mappings())
            if not rows:
                return
            yield rows
            last = rows[-1]["id"]

    def _failures(self) -> AbstractContextManager[None]:
        return failures_of(self.shown)


def open_records(url: str, *, migrate: bool = True) -> Records:
    """Open a database of records, made or brought up to date first; several processes may do so at once.

    Args:
        url: `sqlite:///FILE` (the file and its folder are made if need be, for nobody else to read), or
            `postgresql://USER:PASSWORD@HOST/DATABASE`. With `sqlite:///FILE?synchronous=FULL` each addition waits for
            the disk, and not even a loss of power loses it.
        migrate: False: it must be there and up to date.

    Raises:
        SettingsError: the URL is malformed, or of another kind.
        RecordsError: the database cannot be opened, or (without `migrate`) is not up to date.
    """
    address = parse_url(url)
    engine = make_engine(address, create=migrate)
    with failures_of(address.render_as_string()):
        (bring_up_to_date if migrate else check_migrated)(engine)
    return Records(engine)


def _unknown(request_id: str) -> UnknownRequestError:
    return UnknownRequestError(f"there is no prediction of request {request_id[:MAXIMUM_NAME]!r}: check the id")
