"""What is asked of the tables where all rows are wanted."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from components.cad.records.prediction import SHA256
from components.cad.records.schema import FEEDBACK, PREDICTIONS
from components.common.errors import DataError

Query = sa.Select[Any]

# The feedback that counts: of each prediction the last.
_SAID = FEEDBACK.alias("said")
_LAST = sa.select(sa.func.max(_SAID.c.id)).where(_SAID.c.request_id == PREDICTIONS.c.request_id).scalar_subquery()
_JOINED = PREDICTIONS.outerjoin(FEEDBACK, FEEDBACK.c.id == _LAST)
_ABOUT = tuple(
    column.label(f"feedback_{column.name}") for column in FEEDBACK.c if column.name not in ("id", "request_id")
)

# Neither drift nor accuracy has a use for them.
_UNOBSERVED = {"request_id", "time", "images", "user"} | {
    column.name for column in PREDICTIONS.c if column.name.startswith("model_") or column.name.endswith("_threshold")
}


def predictions(since: datetime | None) -> Query:
    """Predictions of a time and later, each with the feedback that counts as `feedback_<column>`, if any."""
    return _since(sa.select(*PREDICTIONS.c, *_ABOUT).select_from(_JOINED), PREDICTIONS, since)


def feedback(since: datetime | None) -> Query:
    """All feedback of a time and later."""
    return _since(sa.select(*FEEDBACK.c), FEEDBACK, since)


def observed(since: datetime | None, digest: str | None) -> Query:
    """What drift looks at, of predictions of a time and later, by the model with this digest (None: by any)."""
    columns = [column for column in PREDICTIONS.c if column.name not in _UNOBSERVED]
    query = _since(sa.select(*columns, *_ABOUT).select_from(_JOINED), PREDICTIONS, since)
    if digest is None:
        return query
    return query.where(PREDICTIONS.c.model_digest == digest if SHA256.fullmatch(digest) else sa.false())


def _since(query: Query, table: sa.Table, since: datetime | None) -> Query:
    if since is None:
        return query
    try:
        return query.where(table.c.time >= since.astimezone(UTC))
    except OverflowError as error:
        raise DataError(f"since {since} must lie in the years 1 to 9999 of UTC") from error
