"""The service on a real port, in a thread of the tests' process."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
import uvicorn
from fastapi import FastAPI

from components.cad.app import create_app
from components.cad.heads import BoundedHeads
from components.cad.settings import CadSettings
from components.cad.sources import Source

_SECONDS_TO_START = 60
_SECONDS_TO_WAIT = 60


@dataclass(frozen=True)
class Server:
    """A running service."""

    app: FastAPI
    port: int

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(self.address + path, timeout=30, **options)

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(self.address + path, timeout=30, **options)

    def predict(self, *images: bytes, query: str = "", headers: Any = None, **fields: str) -> requests.Response:
        files = [("image", (f"{number}", image)) for number, image in enumerate(images)]
        return self.post(f"/v1/predict{query}", files=files, data=fields, headers=headers)


@contextmanager
def serving(source: Source, settings: CadSettings) -> Iterator[Server]:
    """Serve as long as the block lasts."""
    app = create_app(source, settings)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        free.listen()
        config = uvicorn.Config(
            app, http=BoundedHeads, log_config=None, access_log=False, proxy_headers=False, server_header=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([free],))
        thread.start()
        try:
            deadline = time.monotonic() + _SECONDS_TO_START
            while not server.started and thread.is_alive() and time.monotonic() < deadline:
                time.sleep(0.01)
            assert server.started, "the service did not start"
            yield Server(app, free.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def code_of(answer: requests.Response) -> str:
    """The code of a problem, which is as it should be in all else too."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["detail"]
    return str(problem["code"])


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + _SECONDS_TO_WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)
