"""The service does as its OpenAPI document says, whatever schemathesis makes of that: https://schemathesis.io"""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from components.cad.settings import Access
from tests.cad.server import Server

TOKEN = "a-token-of-the-tests"

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


def check(server: Server, folder: Path, examples: int, token: str = "") -> None:
    """Make examples of each request, valid and not, and sequences of them; of the answers, check all that can be."""
    words = ["--max-examples", str(examples), "--seed", "1", *(["-H", f"Authorization: Bearer {token}"] * bool(token))]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "schemathesis.cli",
            "--config-file",
            CONFIGURATION,
            "run",
            *words,
            server.address + "/openapi.json",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_service_does_as_its_document_says(start: Callable[..., Server], tmp_path: Path) -> None:
    check(start(access=Access(token=TOKEN)), tmp_path, 5, TOKEN)


@pytest.mark.slow
@pytest.mark.parametrize("token", ["", TOKEN], ids=["open", "with a token"])
def test_the_service_does_so_in_many_examples(start: Callable[..., Server], tmp_path: Path, token: str) -> None:
    check(start(access=Access(token=token)), tmp_path, 300, token)
