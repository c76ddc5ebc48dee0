"""The application: the API and the page, with all that they share."""

import gc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from starlette.staticfiles import StaticFiles

from components.cad.admission import Admission
from components.cad.auditing import Auditing
from components.cad.docs import docs_page
from components.cad.guard import Guard
from components.cad.memory import give_back
from components.cad.metrics import Metrics
from components.cad.openapi import openapi
from components.cad.predicting import Predictor
from components.cad.problems import add_handlers
from components.cad.records.images import KeptImages
from components.cad.records.records import open_records
from components.cad.routes import health, model, open_inference, predict, predictions
from components.cad.service import Service
from components.cad.settings import CadSettings
from components.cad.sources import Source
from components.cad.state import State
from components.common.cores import available_cores
from components.common.pictures import use_one_thread

VERSION = "1"
"""Of the API: the paths below /v1 stay as they are."""

_WEB = Path(__file__).with_name("web")

_DESCRIPTION = (
    "A photo of a skin lesion and what is known of the patient in, nine calibrated probabilities and what they rest on "
    "out. A research model, not a medical device: it supports a diagnosis and does not replace one. Errors are "
    "`application/problem+json` with a `code` that stays the same."
)


def create_app(source: Source, settings: CadSettings) -> FastAPI:
    """The application; its model is loaded when it starts.

    Args:
        source: where the model comes from.
        settings: of all of it.

    Raises:
        RecordsError: the records' database cannot be opened, as it starts.
    """
    use_one_thread()  # of libvips: pictures are decoded side by side
    give_back()
    metrics = Metrics()
    service = Service(source, settings, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        records = open_records(settings.records)
        workers = ThreadPoolExecutor(available_cores(), "decode")
        kept = KeptImages(settings.keep_images) if settings.keep_images else None
        auditing = Auditing(records, kept, metrics)
        app.state.cad = State(
            settings=settings,
            service=service,
            predictor=Predictor(workers, settings.limits, metrics),
            auditing=auditing,
            admission=Admission(settings.limits, metrics.working, metrics.arriving),
            metrics=metrics,
            workers=workers,
        )
        try:
            async with auditing.running(), service.running():
                # What is there now stays: the collector need not go through it again and again while callers wait.
                gc.collect()
                gc.freeze()
                yield
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
            records.close()

    app = FastAPI(
        title="Skin-lesion support",
        version=VERSION,
        description=_DESCRIPTION,
        license_info={"name": "Apache 2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        docs_url=None,  # FastAPI's page loads its scripts from elsewhere
        redoc_url=None,
    )
    add_handlers(app)
    for routes in (predict, predictions, model, open_inference, health):
        app.include_router(routes.router)
    app.openapi = partial(openapi, app, settings)  # type: ignore[method-assign]
    app.add_middleware(Guard, access=settings.access, per_minute=settings.limits.requests_per_minute, metrics=metrics)
    _add_page(app)
    return app


def _add_page(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(_WEB / "index.html")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(docs_page(app.openapi()))

    app.mount("/web", StaticFiles(directory=_WEB, check_dir=False), name="web")
