"""The service in a process of its own."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

_SECONDS_TO_START = 180

_RETRIES = Retry(3, allowed_methods=None, status_forcelist=[504], raise_on_status=False)

ROOT = Path(__file__).parents[2]


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "components.cad", *map(str, arguments)]


@contextmanager
def running(log: Path, *arguments: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The process and its address, for as long as the block lasts; what it logs goes to a file."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with log.open("wb") as file:
        process = subprocess.Popen(command(*arguments, "--port", port), cwd=ROOT, stdout=file, stderr=file)
    try:
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + _SECONDS_TO_START
        while not ready(address):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield process, address
    finally:
        process.kill()
        process.wait()


def ready(address: str) -> bool:
    try:
        return requests.get(f"{address}/readyz", timeout=5).status_code == 200
    except requests.ConnectionError:
        return False


def patient_session() -> requests.Session:
    """Asks again where a kept line was closed meanwhile, or where the machine stood still until time was up."""
    session = requests.Session()
    session.mount("http://", HTTPAdapter(max_retries=_RETRIES))
    return session
