"""Files that appear whole or not at all, and fingerprints of what they hold."""

import hashlib
import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from components.common.errors import StorageError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write a file or folder at; it takes `path`'s place only when the block ends well.

    Raises:
        StorageError: the place cannot be written (read-only, full disk), with the system's reason.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield beside
        if path.is_dir() and beside.exists():
            shutil.rmtree(path)
        beside.replace(path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error}; check the permissions and the free space there") from error
    finally:
        _remove(beside)


def _remove(path: Path) -> None:
    # A place that cannot be written may not be looked at either; the error that says so is on its way already.
    with suppress(OSError):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def check_writable(folder: Path) -> None:
    """Make a folder if need be, and write a file in it and remove it: better now than after an hour's work.

    Raises:
        StorageError: it cannot be written, with the system's reason.
    """
    probe = folder / f".{uuid.uuid4().hex[:8]}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StorageError(
            f"cannot write to {folder}: {error}; check the permissions and the free space there"
        ) from error


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with whole(path) as beside:
        beside.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all; NaN and infinities are refused with ValueError."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        StorageError: the file is absent or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {path}: {error}") from error


def sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_bytes(path: Path) -> int:
    """Size of all the files in a folder, in bytes."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
