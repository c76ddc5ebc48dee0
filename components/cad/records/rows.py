"""Predictions and feedback as rows of their tables, and back."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from components.cad.records.prediction import Demographics, Feedback, ModelVersion, Prediction, Thresholds
from components.common.predictions import probability_columns

_PROBABILITIES = probability_columns()

Row = sa.RowMapping


def prediction_row(prediction: Prediction) -> dict[str, Any]:
    """A row of `schema.PREDICTIONS`, without its number."""
    model, thresholds = prediction.model, prediction.thresholds
    return {
        "request_id": prediction.request_id,
        "time": prediction.time.astimezone(UTC),
        "images": list(prediction.images),
        "model_name": model.name,
        "model_version": model.version,
        "model_digest": model.digest,
        **asdict(prediction.demographics),
        **dict(zip(_PROBABILITIES, map(float, prediction.probabilities), strict=True)),
        "malignant_probability": float(prediction.malignant_probability),
        "malignant": bool(prediction.malignant),
        "abstain": bool(prediction.abstain),
        "out_of_distribution": float(prediction.out_of_distribution),
        "unusual": bool(prediction.unusual),
        "malignant_threshold": thresholds.malignant,
        "abstain_threshold": thresholds.abstain,
        "out_of_distribution_threshold": thresholds.out_of_distribution,
        "quality": list(prediction.quality),
        "brightness": prediction.brightness,
        "user": prediction.user,
        "tensors": prediction.tensors,
    }


def prediction_of(row: Row) -> Prediction:
    """What `prediction_row` made a row of."""
    return Prediction(
        request_id=row["request_id"],
        time=utc(row["time"]),
        images=tuple(row["images"]),
        model=ModelVersion(row["model_name"], row["model_version"], row["model_digest"]),
        demographics=Demographics(row["age"], row["sex"], row["site"]),
        probabilities=tuple(row[name] for name in _PROBABILITIES),
        malignant_probability=row["malignant_probability"],
        malignant=row["malignant"],
        abstain=row["abstain"],
        out_of_distribution=row["out_of_distribution"],
        unusual=row["unusual"],
        thresholds=Thresholds(
            row["malignant_threshold"], row["abstain_threshold"], row["out_of_distribution_threshold"]
        ),
        quality=tuple(row["quality"]),
        brightness=row["brightness"],
        user=row["user"],
        tensors=row["tensors"],
    )


def feedback_row(feedback: Feedback) -> dict[str, Any]:
    """A row of `schema.FEEDBACK`, without its number."""
    return asdict(feedback) | {"time": feedback.time.astimezone(UTC)}


def feedback_of(row: Row) -> Feedback:
    """What `feedback_row` made a row of."""
    names = ("request_id", "label", "source", "note", "user")
    return Feedback(time=utc(row["time"]), **{name: row[name] for name in names})


def utc(time: datetime) -> datetime:
    """A time as a database gives it: SQLite without a zone, since it was written in UTC, PostgreSQL in any zone."""
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
