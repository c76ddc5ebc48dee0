"""GET /v1/predictions, GET /v1/predictions/{request_id}, POST /v1/predictions/{request_id}/feedback, GET /v1/drift."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BeforeValidator

from components.cad import record_schemas as schemas
from components.cad.problems import ProblemError, documented
from components.cad.records.prediction import MAXIMUM_NAME, Feedback, Record
from components.cad.schemas import MalignantOut, ModelOut, OutOfDistributionOut, Patient
from components.cad.state import Shared
from components.cad.uploads import JSON, media_type, parse_json, read_body, wrong_media_type
from components.common.errors import DataError
from components.common.taxonomy import CLASSES

router = APIRouter(prefix="/v1", tags=["records"])

_MOST = 200

_RequestId = Annotated[str, Path(max_length=MAXIMUM_NAME, description="of the prediction")]

_ACCESS = ("unauthenticated", "forbidden", "rate_limited", "internal_error", "records_unavailable")


def _no_number(text: object) -> object:
    """Pydantic would take a number for seconds since 1970."""
    try:
        float(str(text))
    except ValueError:
        return text
    raise ValueError("it must be a time such as 2026-11-25T08:30:00Z")


_Since = Annotated[
    datetime | None, BeforeValidator(_no_number), Query(description="only predictions of this time and later")
]


@router.get(
    "/predictions", summary="The last predictions", responses=documented(*_ACCESS, "invalid_field", "not_found")
)
async def recent(
    state: Shared,
    limit: Annotated[int, Query(ge=1, le=_MOST, description="how many, at most")] = 50,
    before: Annotated[str | None, Query(max_length=MAXIMUM_NAME, description="`next` of the page before")] = None,
) -> schemas.RecordsOut:
    """The latest first, page by page."""
    records = await state.auditing.recent(limit + 1, before)
    shown = records[:limit]
    more = shown[-1].prediction.request_id if len(records) > limit else None
    return schemas.RecordsOut(predictions=[record_of(record) for record in shown], next=more)


@router.get(
    "/predictions/{request_id}",
    summary="One prediction, and what was found later",
    responses=documented(*_ACCESS, "invalid_field", "not_found"),
)
async def one(request_id: _RequestId, state: Shared) -> schemas.RecordOut:
    """As it was answered, without the picture, which is not kept."""
    return record_of(await state.auditing.get(request_id))


@router.post(
    "/predictions/{request_id}/feedback",
    status_code=201,
    summary="Say what was found of the lesion later",
    response_model=schemas.RecordOut,
    responses=documented(
        *_ACCESS, "malformed_request", "upload_too_slow", "request_too_large", "unsupported_media_type",
        "invalid_field", "not_found", "overloaded",
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{schemas.FeedbackIn.__name__}"}}},
        }
    },
)  # fmt: skip
async def feedback(request_id: _RequestId, request: Request, state: Shared) -> JSONResponse:
    """Of several feedbacks on one prediction the last counts; none is ever taken away."""
    with state.admission.admitted() as arrival:
        if media_type(request) != JSON:
            raise wrong_media_type(request, JSON)
        given = parse_json(await read_body(request, state.settings.limits, arrival), schemas.FeedbackIn)
        user = request.scope.get("user_name")
        try:
            found = Feedback(request_id, datetime.now(UTC), given.label, given.source, given.note, user)
        except DataError as error:
            raise ProblemError("invalid_field", str(error)) from error
        record = record_of(await state.auditing.give_feedback(found))
        return JSONResponse(record.model_dump(mode="json"), 201)


@router.get(
    "/drift",
    summary="How far inputs and outputs are from the training's, and how good the answers were",
    responses=documented(*_ACCESS, "invalid_field", "no_model"),
)
async def drift(
    state: Shared,
    since: _Since = None,
    every_model: Annotated[bool, Query(description="also those of models that were served before")] = False,
) -> schemas.DriftOut:
    """Population stability indexes against the served model's reference, and accuracy where feedback exists."""
    if since and since.utcoffset() is None:
        since = since.replace(tzinfo=UTC)
    with state.service.using() as served:
        digest = None if every_model else served.model.digest
        return schemas.DriftOut.model_validate(asdict(await state.auditing.drift(served.reference, since, digest)))


def record_of(record: Record) -> schemas.RecordOut:
    """A record as the API shows it: named as in the answer."""
    told = record.prediction
    return schemas.RecordOut(
        request_id=told.request_id,
        time=told.time,
        user=told.user,
        images=list(told.images),
        tensors=told.tensors,
        model=ModelOut(**asdict(told.model)),
        demographics=Patient.model_validate(asdict(told.demographics)),
        probabilities=dict(zip(CLASSES, told.probabilities, strict=True)),
        malignant=MalignantOut(
            probability=told.malignant_probability,
            threshold=told.thresholds.malignant,
            decision="malignant" if told.malignant else "benign",
        ),
        abstain=told.abstain,
        out_of_distribution=OutOfDistributionOut(
            score=told.out_of_distribution, threshold=told.thresholds.out_of_distribution, flag=told.unusual
        ),
        quality=list(told.quality),
        feedback=[
            schemas.FeedbackOut(time=one.time, label=one.label, source=one.source, note=one.note, user=one.user)
            for one in record.feedback
        ],
    )
