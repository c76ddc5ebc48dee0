"""Finding a container engine; what one does is for `tests/containers`."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from components.common.errors import EngineError
from components.local.engine import Engine, open_engine


@contextmanager
def daemon(name: str, security: list[str]) -> Iterator[str]:
    """Answers the little of Docker's API that tells one engine from another; its address."""
    answers: dict[str, Any] = {
        "/_ping": "OK",
        "/version": {"ApiVersion": "1.41", "Components": [{"Name": name}]},
        "/info": {"SecurityOptions": security},
    }

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = next((path for path in answers if self.path.endswith(path)), "")
            body = json.dumps(answers.get(path, {"message": "no such image"})).encode()
            self.send_response(200 if path else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch, name: str, security: list[str]) -> Iterator[Engine]:
    with daemon(name, security) as address:
        monkeypatch.setenv("DOCKER_HOST", address)
        with open_engine() as engine:
            yield engine


@pytest.mark.parametrize(("name", "program"), [("Engine", "docker"), ("Podman Engine", "podman")])
def test_docker_and_podman_are_told_apart(monkeypatch: pytest.MonkeyPatch, name: str, program: str) -> None:
    with opened(monkeypatch, name, []) as engine:
        assert engine.program == program


@pytest.mark.parametrize(("security", "rootless"), [(["name=seccomp"], False), (["name=rootless"], True)])
def test_an_engine_without_roots_rights_is_known(
    monkeypatch: pytest.MonkeyPatch, security: list[str], rootless: bool
) -> None:
    with opened(monkeypatch, "Engine", security) as engine:
        assert engine.rootless is rootless


def test_images_that_are_not_there_are_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = "^docker lacks a/b:1, a/c:1: run make images, again after each change of the code$"
    with opened(monkeypatch, "Engine", []) as engine, pytest.raises(EngineError, match=expected):
        engine.check_images(["a/c:1", "a/b:1", "a/b:1"])


def test_an_address_where_nothing_answers_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    with pytest.raises(EngineError, match="nothing answers at DOCKER_HOST=unix://.*none.sock"), open_engine():
        pass


def test_no_engine_at_all_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("docker.utils.utils.DEFAULT_UNIX_SOCKET", f"http+unix://{tmp_path}/none.sock")
    expected = "no container engine answers: start Docker's daemon, or install podman"
    with pytest.raises(EngineError, match=expected), open_engine():
        pass


def test_a_podman_whose_service_does_not_start_is_said_with_its_own_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    program = tmp_path / "podman"
    program.write_text("#!/bin/sh\necho no such option; exit 125\n")
    program.chmod(0o755)
    with pytest.raises(EngineError, match="podman's service does not start: no such option"), open_engine():
        pass
