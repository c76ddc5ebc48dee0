"""The Open Inference Protocol v2 for the same model: raw tensors in, raw tensors out, as KServe's clients send them.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
Tensors are JSON, or bytes behind it.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Request
from fastapi.responses import Response

from components.cad import recorded, tensors
from components.cad.batching import Arrays
from components.cad.problems import ProblemError, documented
from components.cad.service import Served
from components.cad.state import Shared
from components.cad.tensor_schemas import (
    InferenceIn,
    InferenceOut,
    LiveOut,
    MetadataOut,
    ModelReadyOut,
    ReadyOut,
    ServerOut,
)
from components.cad.uploads import JSON, OCTETS, media_type, read_body, wrong_media_type

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

_ACCESS = ("unauthenticated", "forbidden", "rate_limited", "internal_error", "no_model", "not_found")

_Name = Annotated[str, Path(description="the model's name, as /v1/model gives it")]


async def _version_of(request: Request) -> str | None:
    """The model's version where the path has one; as an argument it would be taken from the query elsewhere."""
    version: str | None = request.path_params.get("version")
    return version


_Version = Annotated[str | None, Depends(_version_of)]

_LENGTH = "bytes of the body that are JSON, where tensors follow it as bytes"

_Length = Annotated[str | None, Header(pattern="^[0-9]{1,11}$", description=_LENGTH)]


@router.get("", summary="The server", responses=documented("unauthenticated", "forbidden", "rate_limited"))
async def server() -> ServerOut:
    """Its name, version and extensions."""
    return ServerOut(name="skin-lesion-cad", version="1", extensions=[tensors.EXTENSION])


@router.get("/health/live", summary="Whether the server lives")
async def live() -> LiveOut:
    """As /healthz."""
    return LiveOut(live=True)


@router.get(
    "/health/ready",
    summary="Whether the server can answer",
    responses=documented("no_model", "records_unavailable"),
)
async def ready(state: Shared) -> ReadyOut:
    """As /readyz."""
    await state.check()
    return ReadyOut(ready=True)


@router.get("/models/{name}/ready", summary="Whether the model is served", responses=documented(*_ACCESS))
@router.get("/models/{name}/versions/{version}/ready", include_in_schema=False)
async def model_ready(state: Shared, name: _Name, version: _Version) -> ModelReadyOut:
    """404 for another model or version."""
    with state.service.using() as served:
        _check(served, name, version)
        return ModelReadyOut(name=name, ready=True)


@router.get("/models/{name}", summary="The model's tensors", responses=documented(*_ACCESS))
@router.get("/models/{name}/versions/{version}", include_in_schema=False)
async def metadata(state: Shared, name: _Name, version: _Version) -> MetadataOut:
    """Names, types and shapes of its inputs and outputs; -1 is the batch."""
    with state.service.using() as served:
        _check(served, name, version)
        return tensors.metadata(name, served.release.version, served.model.session)


_BINARY_ANSWER = {
    "content": {OCTETS: {"schema": {"type": "string", "format": "binary"}}},
    "headers": {tensors.LENGTH_HEADER: {"description": _LENGTH, "schema": {"type": "string"}}},
}


@router.post(
    "/models/{name}/infer",
    summary="Run the model on tensors",
    response_model=InferenceOut,
    responses=documented(
        *_ACCESS, "malformed_request", "upload_too_slow", "request_too_large", "unsupported_media_type",
        "invalid_field", "too_many_images", "overloaded", "records_unavailable", "timeout",
    ) | {200: _BINARY_ANSWER},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                JSON: {"schema": {"$ref": f"#/components/schemas/{InferenceIn.__name__}"}},
                OCTETS: {"schema": {"type": "string", "format": "binary"}},
            },
        }
    },
)  # fmt: skip
@router.post("/models/{name}/versions/{version}/infer", include_in_schema=False)
async def infer(
    state: Shared, request: Request, name: _Name, version: _Version, inference_header_content_length: _Length = None
) -> Response:
    """Crop as `components.common.pictures` does and encode demographics as `components.common.demographics` does.

    Each row is one prediction, and recorded before it is answered.
    """
    length = inference_header_content_length
    with state.admission.admitted() as arrival, state.service.using() as served:
        _check(served, name, version)
        if media_type(request) not in ((JSON, OCTETS, "") if length else (JSON,)):
            raise wrong_media_type(request, JSON, f"{OCTETS} with {tensors.LENGTH_HEADER}")
        limits = state.settings.limits
        body = await read_body(request, limits, arrival)
        in_thread = asyncio.get_running_loop().run_in_executor

        def read() -> tuple[InferenceIn, list[Arrays]]:
            asked, binary = tensors.parse(body, length)
            return asked, tensors.rows(asked, binary, served.model.session, limits.images * limits.lesions)

        asked, rows = await in_thread(state.workers, read)
        request_id, user = str(request.scope["request_id"]), request.scope.get("user_name")
        async with state.in_time():
            outputs = await served.run(rows)
            answer = await in_thread(state.workers, tensors.answer, asked, outputs, served.release, request_id)
            made = await in_thread(state.workers, recorded.of_tensors, served, rows, outputs, request_id, user)
            await state.auditing.add(made)
        return _response(*answer)


def _response(body: bytes, length: int) -> Response:
    if length == len(body):
        return Response(body, media_type=JSON)
    return Response(body, headers={tensors.LENGTH_HEADER: str(length)}, media_type=OCTETS)


def _check(served: Served, name: str, version: str | None) -> None:
    release = served.release
    if name != release.name or version not in (None, release.version):
        wanted = f"{name}, version {version}" if version else name
        raise ProblemError(
            "not_found", f"there is no model {wanted[:200]!r}; {release.name!r}, version {release.version}, is served"
        )
