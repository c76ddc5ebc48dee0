"""GET /healthz, /readyz, /metrics."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST

from components.cad.schemas import StatusOut
from components.cad.state import Shared

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Whether the service lives")
async def healthz() -> StatusOut:
    """Answers as long as the service does."""
    return StatusOut(status="ok")


@router.get("/readyz", summary="Whether the service can answer", responses={503: {"model": StatusOut}})
async def readyz(state: Shared) -> JSONResponse:
    """503 without a model, or where answers cannot be recorded."""
    if not state.service.ready:
        return JSONResponse({"status": "no model is loaded"}, 503)
    if not await state.auditing.ready():
        return JSONResponse({"status": "the records cannot be reached"}, 503)
    return JSONResponse({"status": "ok"})


@router.get(
    "/metrics",
    summary="Counts and times, for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(state: Shared) -> Response:
    """No figure of one patient."""
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
