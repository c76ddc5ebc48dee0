"""Files that appear whole or not at all, and fingerprints of what they hold."""

import errno
import hashlib
import json
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

from components.common.errors import StorageError

# What a rename says where a folder, or a file for a folder, is in the way; a file takes a file's place at once.
_IN_THE_WAY = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.EISDIR, errno.ENOTDIR})
_ATTEMPTS = 100

_PART = re.compile(r"\..+\.[0-9a-f]{8}\.part")
_SECONDS_UNTOUCHED = 24 * 3600.0


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a place beside `path` to write a file or folder at; it takes `path`'s place only when the block ends well.

    Of several processes that write one path at once each ends well, and the path holds what one of them wrote. A file
    takes a file's place in one step. A folder cannot: the old one is moved aside first, so that for an instant there is
    none, and a process killed in that instant leaves none.

    A process killed in the block leaves `.<name>.<8 hex digits>.part` behind. What lies in the same parent under such a
    name, and has not been touched for a day, is taken away: nobody writes that slowly.

    Raises:
        StorageError: the place cannot be written (read-only, full disk), with the system's reason.
    """
    beside = _beside(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path.parent)
        yield beside
        _put(beside, path)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error}; check the permissions and the free space there") from error
    finally:
        _remove(beside)


def link_or_copy(source: Path, path: Path) -> None:
    """Give the file `source` a second name, or copy it where the file system has no hard links; whole or not at all.

    Raises:
        StorageError: there is no such file, or the place cannot be written.
    """
    with whole(path) as beside:
        try:
            beside.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, beside)


def remove_folder(path: Path) -> None:
    """Remove a folder as a whole: it is moved aside first, so that nobody finds, or writes into, half of it.

    Raises:
        StorageError: it cannot be removed, with the system's reason.
    """
    aside = _beside(path)
    try:
        path.replace(aside)
    except FileNotFoundError:
        return  # there is none, or another one removed it meanwhile
    except OSError as error:
        raise StorageError(f"cannot remove {path}: {error}; check the permissions there") from error
    finally:
        _remove(aside)
    remove_leftovers(path.parent)


@cache
def remove_leftovers(folder: Path) -> None:
    """Remove what killed processes left of `whole` in a folder, a day later; a process looks once into each folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _PART.fullmatch(entry.name) and time.time() - _last_touched(Path(entry.path)) > _SECONDS_UNTOUCHED:
                _remove(Path(entry.path))


def _last_touched(path: Path) -> float:
    """When a file, or anything in a folder, was last changed; now, if it is just going away."""
    try:
        return max(one.lstat().st_mtime for one in (path, *path.rglob("*")))
    except OSError:
        return time.time()


def _beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")


def _put(beside: Path, path: Path) -> None:
    """Move what is whole to its place. Each failed attempt means that another process just put its own there."""
    for _ in range(_ATTEMPTS):
        try:
            beside.replace(path)
            return
        except OSError as error:
            if error.errno not in _IN_THE_WAY:
                raise
        aside = _beside(path)
        try:
            path.replace(aside)
        except FileNotFoundError:
            continue
        finally:
            _remove(aside)
    beside.replace(path)


def _remove(path: Path) -> None:
    # A place that cannot be written may not be looked at either; the error that says so is on its way already.
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
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
