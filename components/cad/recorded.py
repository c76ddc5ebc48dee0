"""What is recorded of an answer, to pictures or to tensors."""

from collections.abc import Sequence
from datetime import UTC, datetime

from components.cad.batching import Arrays
from components.cad.deciding import Decision, decide
from components.cad.predicting import Asked
from components.cad.records.images import digest
from components.cad.records.prediction import Demographics, ModelVersion, Prediction
from components.cad.schemas import PredictionOut
from components.cad.service import Served
from components.common import demographics
from components.common.member import DEMOGRAPHICS
from components.common.onnx_model import pixels_input
from components.common.taxonomy import CLASSES


def ids(request_id: str, count: int) -> list[str]:
    """Of each of so many predictions of one request."""
    return [request_id] if count == 1 else [f"{request_id}-{number}" for number in range(count)]


def of_answer(served: Served, answer: PredictionOut, asked: Asked, user: str | None) -> Prediction:
    """The record of an answer to pictures."""
    return Prediction(
        request_id=answer.request_id,
        time=datetime.now(UTC),
        images=tuple(picture.digest for picture in asked.pictures),
        model=_model(served),
        demographics=Demographics(answer.demographics.age, answer.demographics.sex, answer.demographics.site),
        probabilities=tuple(answer.probabilities[name] for name in CLASSES),
        malignant_probability=answer.malignant.probability,
        malignant=answer.malignant.decision == "malignant",
        abstain=answer.abstain,
        out_of_distribution=answer.out_of_distribution.score,
        unusual=answer.out_of_distribution.flag,
        thresholds=served.model.thresholds,
        quality=tuple(sorted({flaw.code for flaw in answer.quality})),
        brightness=sum(picture.brightness for picture in asked.pictures) / len(asked.pictures),
        user=user,
    )


def of_tensors(
    served: Served, rows: Sequence[Arrays], outputs: Arrays, request_id: str, user: str | None
) -> list[Prediction]:
    """The records of an answer to tensors: each row is a picture of a lesion of its own.

    Args:
        served: the model.
        rows: the inputs of each, see `tensors.rows`.
        outputs: of all of them, see `onnx_ensemble.OUTPUTS`.
        request_id: of the request.
        user: if known.
    """
    probabilities, scores = outputs["probabilities"], outputs["out_of_distribution"]
    thresholds = served.model.thresholds
    decisions = [decide(probabilities[[row]], scores[[row]], thresholds) for row in range(len(rows))]
    named = zip(ids(request_id, len(rows)), rows, decisions, strict=True)
    return [_of_row(served, row, decision, name, user) for name, row, decision in named]


def _of_row(served: Served, row: Arrays, decision: Decision, request_id: str, user: str | None) -> Prediction:
    sex, age, site = demographics.decode(row[DEMOGRAPHICS])
    pictures = [row[pixels_input(crop)] for crop in served.model.crops]  # the smallest first
    return Prediction(
        request_id=request_id,
        time=datetime.now(UTC),
        images=(digest(b"".join(picture.tobytes() for picture in pictures)),),
        model=_model(served),
        demographics=Demographics(age, sex, site),
        probabilities=tuple(decision.probabilities.tolist()),
        malignant_probability=decision.malignant_probability,
        malignant=decision.malignant,
        abstain=decision.abstain,
        out_of_distribution=decision.out_of_distribution,
        unusual=decision.unusual,
        thresholds=served.model.thresholds,
        brightness=float(pictures[-1].mean()) / 255.0,
        user=user,
        tensors=True,
    )


def _model(served: Served) -> ModelVersion:
    return ModelVersion(served.release.name, served.release.version, served.model.digest)
