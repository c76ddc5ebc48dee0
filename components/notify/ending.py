"""How a run ended: what KFP tells the exit task, and what its API adds."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)

SUCCEEDED, FAILED, CANCELED, ENDED = "succeeded", "failed", "was canceled", "ended"

# KFP's words, and those of its metadata store, which the backend hands on.
_STATES = {
    "SUCCEEDED": SUCCEEDED, "COMPLETE": SUCCEEDED, "CACHED": SUCCEEDED, "FAILED": FAILED,
    "CANCELED": CANCELED, "CANCELLED": CANCELED, "CANCELING": CANCELED,
}  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """A task that failed."""

    task: str
    error: str = ""
    """What KFP says of it; often nothing."""


@dataclass(frozen=True)
class Status:
    """What KFP tells the exit task of the tasks before it."""

    state: str = ""
    task: str = ""
    error: str = ""


@dataclass(frozen=True)
class Details:
    """What KFP's API says of the run."""

    began: float | None = None
    """Seconds since 1970."""
    failures: Sequence[Failure] = ()
    error: str = ""
    """Of the run as a whole."""
    state: str = ""
    """Of all tasks before the exit task, in KFP's words; empty where it is not known yet."""


@dataclass(frozen=True)
class Ending:
    """How the run ended."""

    state: str
    """One of the words above."""
    failures: Sequence[Failure] = field(default=())
    seconds: float | None = None
    """Since it began; None where that is not known."""

    @classmethod
    def of(cls, status: Status, details: Details | None, now: float) -> "Ending":
        """Put together what is known.

        Args:
            status: of the tasks before.
            details: of the run, or None.
            now: seconds since 1970.
        """
        state = _STATES.get(status.state.upper(), ENDED)
        if details and state == ENDED:
            # The metadata store may not know it yet.
            state = FAILED if details.failures else _STATES.get(details.state.upper(), ENDED)
        failures = details.failures if details else ()
        # The status names the group of all tasks: of use only where it says why.
        if not failures and (error := status.error or (details.error if details else "")):
            failures = [Failure(status.task or "unknown", error)]
        seconds = now - details.began if details and details.began is not None else None
        return cls(state, failures if state == FAILED else (), seconds)


def read_status(text: str) -> Status:
    """Read KFP's PipelineTaskFinalStatus, as the cluster or as a local run writes it; what is malformed tells nothing.

    Args:
        text: JSON, with keys in camel case or with underscores.
    """
    try:
        values = json.loads(text or "{}")
        error = values.get("error") or {}
        return Status(
            state=_text(values, "state"),
            task=_text(values, "pipelineTaskName") or _text(values, "pipeline_task_name"),
            error=_text(error, "message"),
        )
    except (ValueError, AttributeError):
        log.warning("KFP's status cannot be read, so the state is not known: %.200s", text)
        return Status()


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""
