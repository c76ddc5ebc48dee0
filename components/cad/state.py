"""What the paths of the API share."""

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from components.cad.admission import Admission
from components.cad.auditing import Auditing
from components.cad.metrics import Metrics
from components.cad.predicting import Predictor
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


async def state_of(request: Request) -> State:
    """The state of the application that a request came to; a coroutine, since FastAPI calls functions in a thread."""
    state: State = request.app.state.cad
    return state


Shared = Annotated[State, Depends(state_of)]
"""Of a path's arguments: the state."""
