"""What the paths of the API share."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from components.cad.admission import Admission
from components.cad.auditing import Auditing
from components.cad.metrics import Metrics
from components.cad.predicting import Predictor
from components.cad.problems import ProblemError
from components.cad.service import Service
from components.cad.settings import CadSettings


@dataclass(frozen=True)
class State:
    """One for each application."""

    settings: CadSettings
    service: Service
    predictor: Predictor
    auditing: Auditing
    admission: Admission
    metrics: Metrics
    workers: Executor
    """Threads for what would hold up the event loop: decoding, parsing."""

    async def check(self) -> None:
        """Raises ProblemError where a request could not be answered: without a model, or where nothing is recorded."""
        with self.service.using():
            await self.auditing.check()

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Bound the block's time by the limit of an answer's; raises ProblemError where it is up."""
        seconds = self.settings.limits.request_seconds
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            detail = f"there was no answer within {seconds:g} s; try again"
            raise ProblemError("timeout", detail, {"Retry-After": "5"}) from error


async def state_of(request: Request) -> State:
    """The state of the application that a request came to; a coroutine, since FastAPI calls functions in a thread."""
    state: State = request.app.state.cad
    return state


Shared = Annotated[State, Depends(state_of)]
"""Of a path's arguments: the state."""
