"""A real PostgreSQL server, for tests."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_USER = "tester"
_PLAIN_USER = "nobody"
_SECONDS_TO_START = 60


class PostgresServer:
    """A running server, which is reached by its socket alone.

    Args:
        binaries: folder of PostgreSQL's programs.
        folder: of its data and its socket.
        as_user: what the programs are run with, so that none of them runs as root.
    """

    def __init__(self, binaries: Path, folder: Path, as_user: dict[str, Any]) -> None:
        self._binaries, self._folder, self._as_user = binaries, folder, as_user
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str) -> str:
        """Of one of its databases."""
        return f"postgresql://{_USER}@/{database}?host={self._folder}"

    def make_data(self) -> None:
        """Make its data: once, before the first start."""
        self._run(
            "initdb", "--username", _USER, "--auth=trust", "--no-sync", "--encoding=UTF8", "--no-locale", self._data
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = ["-k", str(self._folder), "-c", "listen_addresses=", "-c", "fsync=off"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *settings], stdout=log, stderr=log, **self._as_user
            )
        deadline = time.monotonic() + _SECONDS_TO_START
        while subprocess.run([self._binaries / "pg_isready", "-q", "-h", self._folder]).returncode:
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it at once, whoever is connected."""
        if self._process:
            self._process.send_signal(signal.SIGINT)  # PostgreSQL's "fast shutdown"
            self._process.wait(_SECONDS_TO_START)
        self._process = None

    def make_database(self, name: str) -> str:
        """Make an empty database, and give its URL."""
        self._run("createdb", "--host", self._folder, "--username", _USER, name)
        return self.url(name)

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, *arguments: object) -> None:
        command = [str(self._binaries / program), *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, cwd=self._folder, **self._as_user)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server of its own data; skipped where PostgreSQL is not installed, unless `REQUIRE_POSTGRES` is set."""
    binaries = _binaries()
    if binaries is None:
        lack = pytest.fail if os.environ.get("REQUIRE_POSTGRES") else pytest.skip
        lack("PostgreSQL is not installed: make postgres")
    # Not one of pytest's own folders: no other user may look into those, and the socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user = pwd.getpwnam(_PLAIN_USER)
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    server = PostgresServer(binaries, folder, as_user)
    try:
        server.make_data()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def _binaries() -> Path | None:
    """Debian keeps them out of the path, one folder for each version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [file.parent for file in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)
