"""A server that speaks as much of Kubeflow Model Registry's REST API (v1alpha3) as the client asks, in memory."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PREFIX = "/api/model_registry/v1alpha3/"
PAGE = 2
"""Resources on a page, however many the client asks for."""

Resource = dict[str, Any]
Answer = tuple[int, Resource]


class KubeflowServer:
    """`fails` may be set to a function of method and path that gives a status to answer with, in place of doing it."""

    def __init__(self) -> None:
        self.lists: dict[str, list[Resource]] = {}
        """Resources by the path of their list, such as `registered_models/1/versions`."""
        self.token = ""
        self.fails: Callable[[str, str], int | None] = lambda method, path: None
        self.asked: list[str] = []
        self._lock = threading.Lock()
        self._made = 0

    @contextmanager
    def running(self) -> Iterator[str]:
        with ThreadingHTTPServer(("127.0.0.1", 0), _handler(self)) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            yield f"kubeflow+http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()

    def answer(self, method: str, target: str, authorization: str | None, body: Resource) -> Answer:
        url = urlsplit(target)
        path, query = url.path.removeprefix(PREFIX), {key: values[0] for key, values in parse_qs(url.query).items()}
        with self._lock:
            self.asked.append(f"{method} {path}")
            if self.token and authorization != f"Bearer {self.token}":
                return 401, {"code": "401", "message": "who are you?"}
            if status := self.fails(method, path):
                return status, {"code": str(status), "message": "as the test wants it"}
            match method:
                case "POST":
                    return self._create(path, body)
                case "PATCH":
                    return self._change(path, body)
                case _ if path == "registered_model":
                    return self._named(query["name"])
                case _ if path.rpartition("/")[2].isdecimal():
                    return self._one(path)
                case _:
                    return self._page(path, int(query.get("nextPageToken", 0)))

    def _create(self, path: str, body: Resource) -> Answer:
        listed = self.lists.setdefault(path, [])
        if any(one["name"] == body["name"] for one in listed):
            return 409, {"code": "409", "message": f"{body['name']} exists"}
        self._made += 1
        listed.append({**body, "id": str(self._made)})
        return 201, listed[-1]

    def _change(self, path: str, body: Resource) -> Answer:
        status, found = self._one(path)
        if status == 200:
            found |= body
        return status, found

    def _one(self, path: str) -> Answer:
        kind, _, number = path.rpartition("/")
        endings = {"registered_models": "registered_models", "model_versions": "/versions"}
        for listed, resources in self.lists.items():
            for one in resources:
                if listed.endswith(endings[kind]) and one["id"] == number:
                    return 200, one
        return 404, {"code": "404", "message": f"no {path}"}

    def _named(self, name: str) -> Answer:
        found = [one for one in self.lists.get("registered_models", []) if one["name"] == name]
        return (200, found[0]) if found else (404, {"code": "404", "message": f"no model {name}"})

    def _page(self, path: str, start: int) -> Answer:
        listed = self.lists.get(path, [])
        end = start + PAGE
        following = str(end) if end < len(listed) else ""
        return 200, {"items": listed[start:end], "nextPageToken": following, "pageSize": PAGE, "size": len(listed)}


def _handler(server: KubeflowServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            authorization = self.headers.get("Authorization")
            status, found = server.answer(self.command, self.path, authorization, json.loads(body or b"{}"))
            content = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _answer

        def log_message(self, *_: object) -> None:
            pass

    return Handler
