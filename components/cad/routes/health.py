"""GET /healthz, /readyz, /metrics."""

from fastapi import APIRouter
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from components.cad.problems import documented
from components.cad.schemas import StatusOut
from components.cad.state import Shared

router = APIRouter(tags=["operation"])


@router.get("/healthz", summary="Whether the service lives")
async def healthz() -> StatusOut:
    """Answers as long as the service does."""
    return StatusOut(status="ok")


@router.get(
    "/readyz",
    summary="Whether the service can answer",
    responses=documented("no_model", "records_unavailable"),
)
async def readyz(state: Shared) -> StatusOut:
    """503 without a model, or where answers cannot be recorded."""
    await state.check()
    return StatusOut(status="ok")


@router.get(
    "/metrics",
    summary="Counts and times, for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(state: Shared) -> Response:
    """No figure of one patient."""
    return Response(state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
