"""POST /v1/predict, POST /v1/predict/batch."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse

from components.cad import recorded
from components.cad.arrivals import Arrival
from components.cad.lesions import Lesion
from components.cad.problems import ProblemError, documented
from components.cad.schemas import MAXIMUM_LESION_ID, UNKNOWN, BatchIn, BatchOut, LesionIn, PredictionOut
from components.cad.settings import Limits
from components.cad.state import Shared, State
from components.cad.uploads import (
    JSON,
    MULTIPART,
    lesion_of,
    media_type,
    parse_json,
    read_body,
    read_form,
    wrong_media_type,
)
from components.common.demographics import MAXIMUM_AGE, SEXES, SITE_SYNONYMS, SITES

T = TypeVar("T")

router = APIRouter(prefix="/v1", tags=["predictions"])

_Heatmaps = Annotated[bool, Query(description="whether the answer is to have heat maps, of each image and class")]

_PROBLEMS = documented(
    "malformed_request", "unauthenticated", "forbidden", "upload_too_slow", "request_too_large", "image_too_large",
    "too_many_images", "unsupported_media_type", "invalid_field", "no_image", "not_an_image", "too_many_pixels",
    "too_few_pixels", "truncated_image", "undecodable_image", "rate_limited", "overloaded", "internal_error",
    "no_model", "records_unavailable", "timeout",
)  # fmt: skip

_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["image"],
    "additionalProperties": False,
    "properties": {
        "image": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "format": "binary"},
            "description": "one or several photos of one lesion: JPEG, PNG, WebP, TIFF or DICOM",
        },
        "age": {
            "anyOf": [{"type": "number", "minimum": 0, "maximum": MAXIMUM_AGE}, {"enum": [UNKNOWN, ""]}],
            "description": f"years; left out, what a DICOM file says; {UNKNOWN} for certain",
            "examples": [54],
        },
        "sex": {"type": "string", "enum": [*SEXES, UNKNOWN, ""], "description": "as age"},
        "site": {"type": "string", "enum": [*SITES, *SITE_SYNONYMS, UNKNOWN, ""], "description": "as age"},
        "lesion_id": {
            "type": "string",
            "maxLength": MAXIMUM_LESION_ID,
            "description": "the caller's own; sent back and not kept",
        },
    },
}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}


def _reference(model: type) -> dict[str, Any]:
    return {"schema": {"$ref": f"#/components/schemas/{model.__name__}"}}


@router.post(
    "/predict",
    response_model=PredictionOut,
    summary="Nine probabilities for one lesion",
    responses=_PROBLEMS,
    openapi_extra=_body({MULTIPART: {"schema": _FORM}, JSON: _reference(LesionIn)}),
)
async def predict(request: Request, state: Shared, heatmaps: _Heatmaps = False) -> JSONResponse:
    """Send one or several photos of one lesion, and what is known of the patient.

    Of several photos the probabilities, the ensemble's and each member's, are the arithmetic mean of the photos'; the
    out-of-distribution score is the highest of them. Each answer is recorded before it is given.
    """
    with state.admission.admitted() as arrival:
        kind = media_type(request)
        if kind == MULTIPART:
            lesion = await read_form(request, state.settings.limits, arrival)
        elif kind == JSON:
            lesion = await _parsed(state, request, arrival, _lesion)
        else:
            raise wrong_media_type(request, MULTIPART, JSON)
        (answer,) = await _answers(state, [lesion], request, heatmaps=heatmaps)
        return JSONResponse(answer)


@router.post(
    "/predict/batch",
    response_model=BatchOut,
    summary="Nine probabilities for each of several lesions",
    responses=_PROBLEMS,
    openapi_extra=_body({JSON: _reference(BatchIn)}),
)
async def predict_batch(request: Request, state: Shared, heatmaps: _Heatmaps = False) -> JSONResponse:
    """Send several lesions. All are answered, and recorded, or none; each answer has a request id of its own."""
    with state.admission.admitted() as arrival:
        if media_type(request) != JSON:
            raise wrong_media_type(request, JSON)
        lesions = await _parsed(state, request, arrival, _lesions)
        return JSONResponse({"predictions": await _answers(state, lesions, request, heatmaps=heatmaps)})


def _lesion(data: bytes, limits: Limits) -> Lesion:
    return lesion_of(parse_json(data, LesionIn), limits)


def _lesions(data: bytes, limits: Limits) -> list[Lesion]:
    batch = parse_json(data, BatchIn)
    if len(batch.lesions) > limits.lesions:
        raise ProblemError(
            "too_many_images", f"there are {len(batch.lesions)} lesions; {limits.lesions} of a batch are read"
        )
    return [lesion_of(lesion, limits) for lesion in batch.lesions]


async def _parsed(state: State, request: Request, arrival: Arrival, parse: Callable[[bytes, Limits], T]) -> T:
    """A body, parsed in a thread: it may have many megabytes."""
    limits = state.settings.limits
    data = await read_body(request, limits, arrival)
    return await asyncio.get_running_loop().run_in_executor(state.workers, parse, data, limits)


async def _answers(
    state: State, lesions: Sequence[Lesion], request: Request, *, heatmaps: bool
) -> list[dict[str, Any]]:
    names = recorded.ids(str(request.scope["request_id"]), len(lesions))
    user = request.scope.get("user_name")
    async with state.in_time():
        with state.service.using() as served:
            answers = await state.predictor.predict(served, lesions, names, heatmaps=heatmaps)
            await state.auditing.add(
                [recorded.of_answer(served, answer, asked, user) for answer, asked in answers],
                [image for lesion in lesions for image in lesion.images],
            )
    return [answer.model_dump(mode="json") for answer, _ in answers]
