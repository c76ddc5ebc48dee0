"""A tiny ensemble with the interface of a served one, and the service around it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from components.cad.settings import CadSettings, Limits
from components.cad.sources import FolderSource
from tests.cad.server import Server, serving
from tests.robustness.conftest import write_model

MALIGNANT_THRESHOLD, ABSTAIN_THRESHOLD = 0.4, 0.2


def write_served(folder: Path, **described: Any) -> Path:
    """A folder as convert writes it."""
    thresholds = {"malignant_threshold": MALIGNANT_THRESHOLD, "abstain_threshold": ABSTAIN_THRESHOLD}
    return write_model(folder, **{**thresholds, **described})


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Served by default."""
    return write_served(tmp_path_factory.mktemp("cad") / "model")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> CadSettings:
    """Of a service on this machine, without a rate limit."""
    return CadSettings(
        records=f"sqlite:///{tmp_path_factory.mktemp('records')}/records.db",
        limits=Limits(requests_per_minute=0),
        cores=1,
    )


@pytest.fixture(scope="session")
def server(model: Path, settings: CadSettings) -> Iterator[Server]:
    """The service as it is by default."""
    with serving(FolderSource(model, "skin"), settings) as running:
        yield running


@pytest.fixture
def start(model: Path, settings: CadSettings, tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts services with other limits or settings, which end with the test."""
    with ExitStack() as stack:

        def serve(*, folder: Path = model, limits: dict[str, Any] | None = None, **changes: Any) -> Server:
            changed = replace(
                settings,
                records=f"sqlite:///{tmp_path}/records.db",
                limits=replace(settings.limits, **(limits or {})),
                **changes,
            )
            return stack.enter_context(serving(FolderSource(folder, "skin"), changed))

        yield serve
