"""The Open Inference Protocol v2 for the same model: raw tensors in, raw tensors out, as KServe's clients send them.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
Tensors are JSON; the binary extension is not read. These answers are not recorded: they are of no image that the
service has seen, and of no patient.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from fastapi.responses import JSONResponse

from components.cad import tensors
from components.cad.batching import Arrays
from components.cad.problems import ProblemError, documented
from components.cad.service import Served
from components.cad.state import Shared
from components.cad.tensors import InferenceIn, InferenceOut, LiveOut, MetadataOut, ModelReadyOut, ReadyOut, ServerOut
from components.cad.uploads import JSON, media_type, parse_json, read_body, wrong_media_type

router = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

_ACCESS = ("unauthenticated", "forbidden", "rate_limited", "internal_error", "no_model", "not_found")

_Name = Annotated[str, Path(description="the model's name, as /v1/model gives it")]


async def _version_of(request: Request) -> str | None:
    """The model's version where the path has one; as an argument it would be taken from the query elsewhere."""
    version: str | None = request.path_params.get("version")
    return version


_Version = Annotated[str | None, Depends(_version_of)]


@router.get("", summary="The server", responses=documented("unauthenticated", "forbidden", "rate_limited"))
async def server() -> ServerOut:
    """Its name, version and extensions: none."""
    return ServerOut(name="skin-lesion-cad", version="1", extensions=[])


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
    with state.service.using():
        await state.auditing.check()
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


@router.post(
    "/models/{name}/infer",
    summary="Run the model on tensors",
    response_model=InferenceOut,
    responses=documented(
        *_ACCESS, "malformed_request", "upload_too_slow", "request_too_large", "unsupported_media_type",
        "invalid_field", "overloaded", "timeout",
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{InferenceIn.__name__}"}}},
        }
    },
)  # fmt: skip
@router.post("/models/{name}/versions/{version}/infer", include_in_schema=False)
async def infer(state: Shared, request: Request, name: _Name, version: _Version) -> JSONResponse:
    """Crop as `components.common.pictures` does and encode demographics as `components.common.demographics` does."""
    with state.admission.admitted() as arrival, state.service.using() as served:
        _check(served, name, version)
        if media_type(request) != JSON:
            raise wrong_media_type(request, JSON)
        body = await read_body(request, state.settings.limits, arrival)
        in_thread = asyncio.get_running_loop().run_in_executor

        def read() -> tuple[InferenceIn, list[Arrays]]:
            asked = parse_json(body, InferenceIn)
            return asked, tensors.rows(asked, served.model.session)

        asked, rows = await in_thread(state.workers, read)
        seconds = state.settings.limits.request_seconds
        try:
            async with asyncio.timeout(seconds):
                outputs = await served.run(rows)
        except TimeoutError as error:
            detail = f"there was no answer within {seconds:g} s; try again"
            raise ProblemError("timeout", detail, {"Retry-After": "5"}) from error
        answer: dict[str, Any] = await in_thread(
            state.workers, tensors.answer, asked, outputs, served.release, str(request.scope["request_id"])
        )
        return JSONResponse(answer)


def _check(served: Served, name: str, version: str | None) -> None:
    release = served.release
    if name != release.name or version not in (None, release.version):
        wanted = f"{name}, version {version}" if version else name
        raise ProblemError(
            "not_found", f"there is no model {wanted[:200]!r}; {release.name!r}, version {release.version}, is served"
        )
