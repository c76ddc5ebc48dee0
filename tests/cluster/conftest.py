"""A server of the tests, and the pipeline's command line before it."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

import pipeline
from components.cluster import following
from components.cluster.connection import Access, Cluster, connect
from components.cluster.package import Package, packaged
from components.common import retries
from components.local.images import source_image
from components.plan.presets import PRESETS
from tests.cluster.kfp_server import KfpServer

DATA = "gs://bucket/isic"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses short, though not the patience, and keep this machine's own settings away."""
    monkeypatch.setattr(retries, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(retries, "LONGEST_WAIT_SECONDS", 0.05)
    monkeypatch.setattr(following, "POLL_SECONDS", 0.01)
    for name in ("KF_PIPELINES_ENDPOINT", "KF_PIPELINES_UI_ENDPOINT", "KF_PIPELINES_SA_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with KfpServer().running() as running:
        yield running


@pytest.fixture
def cluster(server: KfpServer) -> Cluster:
    return connect(Access(server.url))


@cache
def built(preset: str = "sample") -> Any:
    return pipeline.build_notified(PRESETS[preset], lambda stage: source_image(stage, tag="1"))


@cache
def package(preset: str = "sample") -> Package:
    return packaged(built(preset), preset)


@cache
def changed_package() -> Package:
    return packaged(built(), "sample", uncached=["ingest"])


@dataclass(frozen=True)
class Said:
    """What a command wrote, and how it ended."""

    out: str
    error: str
    code: int


@pytest.fixture
def told(server: KfpServer, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Runs a command of pipeline.py before the server."""

    def run(*arguments: str) -> Said:
        code = 0
        try:
            pipeline.main([*arguments, "--host", server.url])
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
            if isinstance(error.code, str):
                sys.stderr.write(f"{error.code}\n")
        said = capsys.readouterr()
        return Said(said.out, said.err, code)

    return run
