"""A tiny ensemble with the interface of a served one, pictures, and the service around it."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from components.cad.app import create_app
from components.cad.champion import FolderSource, Source
from components.cad.settings import CadSettings, Limits
from tests.robustness.conftest import lesion, write_model

CROP = 32
"""Of the larger picture that the model takes, in pixels."""

LOCAL = "http://127.0.0.1"

Making = Callable[..., "TestClient"]


def jpeg(number: int = 1, side: int = 300, **options: Any) -> bytes:
    return encoded(lesion(number, side), "JPEG", **options)


def encoded(image: np.ndarray, kind: str, **options: Any) -> bytes:
    held = io.BytesIO()
    Image.fromarray(image).save(held, kind, **options)
    return held.getvalue()


def code_of(answer: httpx.Response) -> str:
    """The code of a problem, which is what it should be in all else too."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    return str(problem["code"])


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as convert writes it."""
    folder = tmp_path_factory.mktemp("cad") / "model"
    return write_model(folder, malignant_threshold=0.4, abstain_threshold=0.2)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> CadSettings:
    """Of a service on this machine, without a rate limit."""
    records = f"sqlite:///{tmp_path_factory.mktemp('records')}/records.db"
    return CadSettings(records=records, limits=Limits(requests_per_minute=0), threads=1)


@contextmanager
def serving(source: Source, settings: CadSettings) -> Iterator[TestClient]:
    """A client of a running service."""
    with TestClient(create_app(source, settings), LOCAL, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="session")
def client(model: Path, settings: CadSettings) -> Iterator[TestClient]:
    """Of the service as it is by default."""
    with serving(FolderSource(model, "skin"), settings) as client:
        yield client


@pytest.fixture
def limited(model: Path, settings: CadSettings, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Starts a service with other limits."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(**limits: Any) -> TestClient:
            changed = replace(
                settings, records=f"sqlite:///{tmp_path}/records.db", limits=replace(settings.limits, **limits)
            )
            return stack.enter_context(serving(FolderSource(model, "skin"), changed))

        yield start
