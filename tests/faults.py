"""Local servers that fail on purpose: files with ranges, and a proxy before the GCS emulator."""

import hashlib
import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import pytest
import requests

from components.common import retries

STALL_SECONDS = 0.8
"""Longer than the patience of `impatient`."""


class Fault(Enum):
    """What goes wrong with one answer."""

    UNAVAILABLE = auto()  # 503, and nothing is done
    RESET = auto()  # all is done, and half of the answer sent, then the connection is reset
    TRUNCATE = auto()  # half of the answer, as if it were all
    FLIP = auto()  # one bit of the answer (of the content, for an upload) is wrong; the checksums are not
    STALL = auto()  # half of the answer, then silence


class Request(NamedTuple):
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


Respond = Callable[[Request], Answer]
Plan = Callable[[int, Request], Fault | None]
"""Which fault, if any, befalls a request, given how many there were before."""


class FaultyServer:
    """Counts and keeps its requests; `plan` can be changed at any time."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond
        self.plan: Plan = healthy
        self.requests: list[Request] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("localhost", 0), _handler(self))
        self._server.daemon_threads = True
        self._server.block_on_close = False  # a client may hold its connections open
        self.url = f"http://localhost:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["FaultyServer"]:
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    def take(self, request: Request) -> Fault | None:
        with self._lock:
            self.requests.append(request)
            return self.plan(len(self.requests) - 1, request)


def healthy(number: int, request: Request) -> Fault | None:
    return None


def every(period: int, fault: Fault, *, first: int = 0) -> Plan:
    """Each `period`-th request fails, `first` being the first of them."""
    return lambda number, request: fault if number % period == first else None


def always(fault: Fault, path: str = "") -> Plan:
    """All requests fail whose path matches."""
    return lambda number, request: fault if re.search(path, request.path) else None


def first_time(period: int, fault: Fault, *, first: int = 0) -> Plan:
    """As `every`, but what was asked for before is given: so a client that asks again often enough gets all."""
    seen: dict[tuple[str, str | None], None] = {}

    def plan(number: int, request: Request) -> Fault | None:
        key = (request.path, request.headers.get("Range"))
        new = key not in seen
        seen[key] = None
        return fault if new and len(seen) % period == (first + 1) % period else None

    return plan


def impatient(patch: pytest.MonkeyPatch) -> None:
    """Make all waiting short."""
    patch.setattr(retries, "FIRST_WAIT_SECONDS", 0.01)
    patch.setattr(retries, "LONGEST_WAIT_SECONDS", 0.05)
    patch.setattr(retries, "DEADLINE_SECONDS", 1.5)
    patch.setattr(retries, "READ_SECONDS", 0.5)


def file_server(files: Mapping[str, bytes], *, ranges: bool = True, etags: bool = True) -> FaultyServer:
    """Serve files by their path, as S3 does: ETag, If-Match and ranges."""

    def respond(request: Request) -> Answer:
        data = files.get(request.path.removeprefix("/"))
        if data is None:
            return Answer(404, {}, b"no such file")
        headers = {"ETag": f'"{hashlib.md5(data).hexdigest()}"', "Server": "AmazonS3"} if etags else {}
        if request.headers.get("If-Match", headers.get("ETag")) != headers.get("ETag"):
            return Answer(412, {}, b"precondition failed")
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if not ranges or not found:
            return Answer(200, headers, data)
        start, stop = int(found[1]), min(int(found[2]) + 1, len(data))
        if start >= len(data):
            return Answer(416, headers, b"")
        return Answer(206, headers | {"Content-Range": f"bytes {start}-{stop - 1}/{len(data)}"}, data[start:stop])

    return FaultyServer(respond)


def gcs_proxy(emulator: str) -> FaultyServer:
    """Stand before the emulator, and do what it does not: heed ifGenerationMatch=0, and the generation asked for."""
    lock = threading.Lock()

    def generation(bucket: str, name: str) -> str | None:
        answer = requests.get(f"{emulator}/storage/v1/b/{bucket}/o/{quote(name, safe='')}", timeout=10)
        return answer.json()["generation"] if answer.ok else None

    def refusal(request: Request) -> Answer | None:
        url = urlsplit(request.path)
        query, parts = parse_qs(url.query), url.path.split("/")
        if "ifGenerationMatch" in query and "upload" in parts:
            name = json.loads(re.search(rb'\{.*?"name".*?\}(?=\r\n)', request.body)[0])["name"]
            if generation(parts[parts.index("b") + 1], name):
                return _gcs_error(412, "At least one of the pre-conditions you specified did not hold.")
        if "generation" in query:
            name = requests.utils.unquote(parts[-1])
            if generation(parts[parts.index("b") + 1], name) != query["generation"][0]:
                return _gcs_error(404, "No such object")
        return None

    def respond(request: Request) -> Answer:
        headers = {name: value for name, value in request.headers.items() if name != "Connection"}
        with lock:
            if refused := refusal(request):
                return refused
            answer = requests.request(
                request.method, emulator + request.path, headers=headers, data=request.body, timeout=10
            )
        kept = {
            name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Server", "Date")
        }
        return Answer(answer.status_code, kept, answer.content)

    return FaultyServer(respond)


def _gcs_error(status: int, message: str) -> Answer:
    body = json.dumps({"error": {"code": status, "message": message}}).encode()
    return Answer(status, {"Content-Type": "application/json"}, body)


def _handler(server: FaultyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, dict(self.headers.items()), body)
            fault = server.take(request)
            if fault is Fault.UNAVAILABLE:
                self.send(Answer(503, {}, b"unavailable"), None)
            elif fault is Fault.FLIP and body:
                self.send(server.respond(request._replace(body=_flipped(body, body.rindex(b"\r\n--") - 1))), None)
            else:
                self.send(server.respond(request), fault)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any

        def send(self, answer: Answer, fault: Fault | None) -> None:
            body, half = answer.body, answer.body[: len(answer.body) // 2]
            if fault is Fault.FLIP and body:
                body = _flipped(body, len(body) // 2)
            if fault is Fault.TRUNCATE:
                body = half
            # Not send_response, which adds headers of its own.
            self.send_response_only(answer.status)
            for name, value in (answer.headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(half if fault in (Fault.RESET, Fault.STALL) else body)
            if fault is Fault.RESET:
                # To linger for zero seconds is to send a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if fault is Fault.STALL:
                time.sleep(STALL_SECONDS)
            self.close_connection = fault is not None

        def handle(self) -> None:
            with suppress(ConnectionError):  # a client that was killed, or lost its patience
                super().handle()

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _flipped(data: bytes, place: int) -> bytes:
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
