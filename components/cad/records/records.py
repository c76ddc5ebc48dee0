"""The audit records: each prediction and each feedback is added, and none is ever changed or taken away."""

from collections.abc import Iterator
from datetime import datetime
from typing import Literal

from components.cad.records.drift import Drift
from components.cad.records.prediction import Feedback, Prediction, Record
from components.common.reference import Reference

Form = Literal["csv", "parquet"]
What = Literal["predictions", "feedback"]


class Records:
    """The records in one database; safe to use from several threads, and beside other processes.

    Every method raises RecordsError where the database is down, locked by others for too long, full, or damaged.
    """

    shown: str
    """The database's address, without a password."""

    def add(self, *predictions: Prediction) -> None:
        """Add predictions, all or none; they are on the disk when this returns.

        Raises:
            DuplicateRequestError: one with such a request id is there.
        """

    def add_feedback(self, feedback: Feedback) -> None:
        """Attach a feedback to its prediction.

        Raises:
            UnknownRequestError: there is no such prediction.
        """

    def get(self, request_id: str) -> Record:
        """One prediction with all its feedback.

        Raises:
            UnknownRequestError: there is no such prediction.
        """

    def recent(self, limit: int, before: str | None = None) -> list[Record]:
        """The last predictions that were added, the latest first.

        Args:
            limit: how many, at most.
            before: a request id, the last of a page: only what was added before that one.

        Raises:
            UnknownRequestError: there is no prediction `before`.
        """

    def export(self, form: Form, what: What = "predictions", since: datetime | None = None) -> Iterator[bytes]:
        """The bytes of a CSV or Parquet file, piece by piece, in the order in which rows were added.

        Args:
            form: of the file.
            what: predictions, one row each with the feedback that counts; or feedback, all of it.
            since: only predictions, or feedback, of this time and later.
        """

    def drift(self, reference: Reference | None, since: datetime | None = None, digest: str | None = None) -> Drift:
        """How far predictions differ from the model's reference, and how good they were where feedback says so.

        Args:
            reference: `read_reference` of the model's folder; None where it has none, which the answer says.
            since: only predictions of this time and later.
            digest: only predictions of the model with this digest; None: of all models.
        """

    def ping(self) -> None:
        """Ask the database for nothing: whether it answers."""

    def close(self) -> None:
        """Let go of all connections."""


def open_records(url: str, *, migrate: bool = True) -> Records:
    """Open a database of records, made or brought up to date first; several processes may do so at once.

    Args:
        url: `sqlite:///FILE` (the file and its folder are made if need be, for nobody else to read), or
            `postgresql://USER:PASSWORD@HOST/DATABASE`.
        migrate: False: it must be there and up to date.

    Raises:
        SettingsError: the URL is malformed, or of another kind.
        RecordsError: the database cannot be opened, or (without `migrate`) is not up to date.
    """
