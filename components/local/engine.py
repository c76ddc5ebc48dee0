"""The container engine of this machine: docker or podman, through Docker's API, which both speak."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import docker
from docker.errors import DockerException, ImageNotFound

from components.common.errors import EngineError

_SECONDS_TO_START = 60
_NONE = (
    "no container engine answers: start Docker's daemon, or install podman (on Debian: make podman); "
    "DOCKER_HOST names one elsewhere"
)


@dataclass(frozen=True)
class Engine:
    """An engine that answers."""

    client: Any
    """Docker's own client, connected to it."""

    @property
    def program(self) -> str:
        """The command line that builds into, and pushes from, the same images: docker or podman."""
        components = self.client.version().get("Components") or []
        return "podman" if any("podman" in one["Name"].lower() for one in components) else "docker"

    @property
    def rootless(self) -> bool:
        """Whether it runs without root's rights, so that root in a container is who runs the engine."""
        return any("rootless" in option for option in self.client.info().get("SecurityOptions") or [])

    def check_images(self, names: Iterable[str]) -> None:
        """See that images are there.

        Raises:
            EngineError: with the names of those that are not.
        """
        if missing := sorted(name for name in set(names) if not self._has(name)):
            raise EngineError(
                f"{self.program} lacks {', '.join(missing)}: run make images, again after each change of the code"
            )

    def _has(self, name: str) -> bool:
        try:
            self.client.images.get(name)
        except ImageNotFound:
            return False
        return True


@contextmanager
def open_engine() -> Iterator[Engine]:
    """The engine that `DOCKER_HOST` names, else Docker's daemon, else podman, whose service runs for this block.

    While the block lasts, `DOCKER_HOST` names it, so that KFP's client finds it too.

    Raises:
        EngineError: none answers.
    """
    if client := _answering():
        with closing(client):
            yield Engine(client)
    elif "DOCKER_HOST" in os.environ:
        raise EngineError(
            f"nothing answers at DOCKER_HOST={os.environ['DOCKER_HOST']}: start it, or unset the variable"
        )
    elif not shutil.which("podman"):
        raise EngineError(_NONE)
    else:
        with (
            _podman_service() as address,
            mock.patch.dict(os.environ, DOCKER_HOST=address),
            closing(docker.from_env()) as client,
        ):
            yield Engine(client)


def _answering() -> Any | None:
    try:
        client = docker.from_env()
        client.ping()
    except DockerException:
        return None
    return client


@contextmanager
def _podman_service() -> Iterator[str]:
    """Podman has no daemon: its service is started, at an address of its own."""
    with tempfile.TemporaryDirectory(prefix="podman-") as folder:
        socket, log = Path(folder) / "podman.sock", Path(folder) / "log"
        command = ["podman", "system", "service", "--time=0", f"unix://{socket}"]
        with log.open("wb") as output:
            # In a session of its own: Ctrl-C is for us, who then still ask it to remove the container.
            process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
        try:
            _wait_for(socket, process, log)
            yield f"unix://{socket}"
        finally:
            process.terminate()
            process.wait()


def _wait_for(socket: Path, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise EngineError(f"podman's service does not start: {log.read_text(errors='replace').strip()}")
        time.sleep(0.05)
