"""A server that speaks as much of Kubeflow Pipelines' REST API (v2beta1) as the client asks, and fails as told."""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from tests.cluster.kfp_checks import Refused
from tests.cluster.kfp_state import KfpState, Resource

PREFIX = "/apis/v2beta1/"


class Request(NamedTuple):
    method: str
    path: str
    """Below the prefix."""
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    """JSON, or the bytes of an uploaded file."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one request."""

    status: int = 0
    """To answer with; 0: the connection is reset."""
    silence: float = 0.0
    """Seconds before that."""
    done: bool = False
    """Whether the request is carried out all the same."""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error": "as the test wants it", "code": 14}'


Plan = Callable[[Request], Fault | None]


def once(pattern: str, *faults: Fault) -> Plan:
    """The first requests whose "METHOD path" matches meet these faults, one each."""
    left = list(faults)
    return lambda one: left.pop(0) if left and re.search(pattern, f"{one.method} {one.path}") else None


class KfpServer:
    """Keeps its requests; `plan`, `token` and `cookie` can be changed at any time."""

    def __init__(self, *, multi_user: bool = False) -> None:
        self.state = KfpState(multi_user=multi_user)
        self.token = ""
        self.cookie = ""
        self.plan: Plan = lambda request: None
        self.requests: list[Request] = []
        self.url = ""
        self._lock = threading.Lock()

    def bodies(self, pattern: str) -> list[Any]:
        """What came with the requests whose "METHOD path" matches."""
        return [one.body for one in self.requests if re.search(pattern, f"{one.method} {one.path}")]

    @contextmanager
    def running(self) -> Iterator["KfpServer"]:
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)) as server:
            server.daemon_threads = True
            server.block_on_close = False  # a client may hold its connections open
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def take(self, request: Request) -> tuple[Fault | None, int, Resource]:
        with self._lock:
            self.requests.append(request)
            fault = self.plan(request)
            if fault and not fault.done:
                return fault, 0, {}
            try:
                self._check_caller(request)
                return fault, 200, self._answer(request)
            except Refused as error:
                return fault, error.status, {"error": str(error), "code": 3, "message": str(error)}

    def _check_caller(self, request: Request) -> None:
        if self.token and request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Refused(401, "who are you?")
        if self.cookie and request.headers.get("Cookie") != self.cookie:
            raise Refused(401, "who are you?")

    def _answer(self, request: Request) -> Resource:
        state, body, query = self.state, request.body, request.query
        match request.method, re.split("[/:]", request.path):
            case "GET", ["healthz"]:
                return {"multi_user": state.multi_user}
            case "POST", ["pipelines"]:
                return state.create_pipeline(body)
            case "POST", ["pipelines", "upload_version"]:
                return state.upload_version(query, body)
            case "GET", ["pipelines", pipeline, "versions"]:
                return state.page("versions", {**query, "pipeline_id": pipeline})
            case "GET", ["pipelines", pipeline, "versions", version]:
                return state.version(pipeline, version)
            case "POST", ["experiments"]:
                return state.create_experiment(body)
            case "GET", ["experiments", experiment]:
                return state.experiment(experiment)
            case "POST", ["runs"]:
                return state.create_run(body)
            case "GET", ["runs", run]:
                return state.run(run)
            case "POST", ["recurringruns"]:
                return state.create_recurring(body)
            case "POST", ["recurringruns", recurring, ("enable" | "disable") as verb]:
                return state.switch(recurring, f"{verb.upper()}D")
            case "DELETE", ["recurringruns", recurring]:
                return state.delete_recurring(recurring)
            case "GET", [("pipelines" | "experiments" | "runs" | "recurringruns") as kind]:
                return state.page("recurring" if kind == "recurringruns" else kind, query)
        raise Refused(404, f"no {request.method} {request.path}")


def _handler(server: KfpServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or each answer, in two writes, waits for 40 ms

        def handle_any(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            path, headers = url.path.removeprefix(PREFIX), {name.title(): value for name, value in self.headers.items()}
            request = Request(self.command, path, query, headers, _body(headers.get("Content-Type", ""), content))
            fault, status, answer = server.take(request)
            if fault:
                time.sleep(fault.silence)
            if fault and not fault.status:
                # To linger for zero seconds is to send a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
            elif fault:
                self.send(fault.status, fault.headers, fault.body)
            else:
                self.send(status, {}, json.dumps(answer).encode())

        do_GET = do_POST = do_DELETE = handle_any

        def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in (
                {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def handle(self) -> None:
            with suppress(ConnectionError, ValueError):  # a reset that the server itself sent
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _body(kind: str, content: bytes) -> Any:
    if not kind.startswith("multipart/"):
        return json.loads(content or b"{}")
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + content)
    (part,) = message.get_payload()
    return part.get_payload(decode=True)
