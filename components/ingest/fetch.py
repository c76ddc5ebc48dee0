"""Where the data comes from: each source becomes a folder or a gs:// prefix that a store can read."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from components.common.bucket import GCS_SCHEME
from components.common.errors import SettingsError, StorageError
from components.common.folder import Folder
from components.common.storage import open_store
from components.common.store import Readable
from components.ingest import isic_archive
from components.ingest.archives import unpack
from components.ingest.http import AbsentError, Web, check_address

log = logging.getLogger(__name__)

DOWNLOADS = "downloads"
"""Folder in the workspace."""

_WEB_SCHEMES = ("https://", "http://")
_SCHEMES = (GCS_SCHEME, *_WEB_SCHEMES, isic_archive.SCHEME)
_FILES = (".zip", ".csv")


def entries(data: str) -> list[str]:
    """The sources that `data` names, separated by commas, without the blanks around them.

    Raises:
        SettingsError: an entry is empty.
    """
    found = [entry.strip() for entry in data.split(",")]
    if not all(found):
        raise SettingsError("data has an empty entry; give folders, gs://, https:// or isic:// separated by commas")
    return found


def fetch(data: str, workspace: str, known_files: Sequence[str]) -> list[str]:
    """Bring what `data` names to where `open_store` can read it.

    Args:
        data: one entry, or several separated by commas. An entry is a folder; `gs://bucket/prefix`; an archive (.zip)
            or a table (.csv) by path, gs:// or https://; an https:// address below which `known_files` are looked for;
            or images of the ISIC Archive (`isic_archive.SPELLING`). Plain http:// is for this machine alone.
        workspace: a folder or gs:// prefix that lasts; the last three kinds of entry are kept in its `DOWNLOADS`, and
            what is there already is not brought again.
        known_files: paths of archives and tables, as the official server of the ISIC challenges has them.

    Returns:
        A folder or gs:// prefix for each entry, in their order, each once: folders and prefixes as they are given,
        files in a folder for each place that they come from, archives unpacked in it with their own folders.

    Raises:
        SettingsError: an entry is empty or of none of these kinds, or needs a workspace and there is none.
        StorageError: a source cannot be read, or the workspace cannot be written.
        DataError: an archive is damaged or must not be unpacked.
    """
    named = entries(data)
    for entry in named:  # all of them, before the first one takes hours
        _check(entry, workspace)
    found = list(dict.fromkeys(_target(entry, workspace) for entry in named))
    # Tables first: they are small, and what is wrong with their address shows at once.
    for entry in sorted(dict.fromkeys(named), key=lambda entry: entry.lower().endswith(".zip")):
        _bring(entry, workspace, known_files)
    return found


def _check(entry: str, workspace: str) -> None:
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", entry) and not entry.startswith(_SCHEMES):
        raise SettingsError(f"data names {entry!r}; expected a folder, {', '.join(_SCHEMES)}")
    if entry.startswith(_WEB_SCHEMES):
        check_address(entry)
    if entry.startswith(isic_archive.SCHEME):
        isic_archive.parse(entry)
    if is_brought(entry) and not workspace:
        raise SettingsError(
            f"data names {entry!r}, which has to be brought here; give --workspace, a folder or gs:// prefix that lasts"
        )


def is_brought(entry: str) -> bool:
    """Whether an entry has to be downloaded or unpacked before it can be read."""
    return entry.startswith((*_WEB_SCHEMES, isic_archive.SCHEME)) or _is_file(entry)


def _is_file(entry: str) -> bool:
    if entry.startswith((*_WEB_SCHEMES, GCS_SCHEME)):
        return urlsplit(entry).path.lower().endswith(_FILES)
    return entry.lower().endswith(_FILES) and not Path(entry).is_dir()


def _target(entry: str, workspace: str) -> str:
    """Where an entry's files are, or will be."""
    if not is_brought(entry):
        return entry
    if entry.startswith(isic_archive.SCHEME):
        return _below(workspace, f"isic-archive/{isic_archive.parse(entry).folder}")
    return _place(_parent(entry) if _is_file(entry) else entry, workspace)


def _place(origin: str, workspace: str) -> str:
    """The folder for the files of one place."""
    if origin.startswith((*_WEB_SCHEMES, GCS_SCHEME)):
        parts = urlsplit(origin)
        # A colon is a nuisance in a path.
        return _below(workspace, f"{parts.netloc.replace(':', '_')}/{parts.path}")
    return _below(workspace, f"local/{Path(origin).resolve()}")


def _below(workspace: str, place: str) -> str:
    parts = [part for part in place.split("/") if part]
    if any(part in (".", "..") for part in parts):
        raise SettingsError(f"data names {place!r}; expected an address without '.' and '..'")
    return "/".join([workspace.rstrip("/"), DOWNLOADS, *parts])


def _bring(entry: str, workspace: str, known_files: Sequence[str]) -> None:
    if entry.startswith(isic_archive.SCHEME):
        destination = open_store(_target(entry, workspace), create=True)
        isic_archive.download(isic_archive.parse(entry), destination, isic_archive.API)
    elif _is_file(entry):
        _bring_file(_origin(_parent(entry)), PurePosixPath(entry).name, workspace)
    elif entry.startswith(_WEB_SCHEMES):
        for parent, name in _known(entry, known_files):
            _bring_file(Web(parent), name, workspace)


def _known(address: str, known_files: Sequence[str]) -> list[tuple[str, str]]:
    """Those of the known files that are there, as address of their folder and name; tables before archives."""
    there = []
    for file in sorted(known_files, key=lambda file: file.lower().endswith(".zip")):
        url = f"{address.rstrip('/')}/{file}"
        try:
            Web(_parent(url)).state(PurePosixPath(url).name)
        except AbsentError as error:
            log.info("passed over: %s", error)
        else:
            there.append((_parent(url), PurePosixPath(url).name))
    if not there:
        raise StorageError(
            f"{address} has none of the files known: {', '.join(known_files) or '(none)'}; check the address, "
            "or name each file"
        )
    return there


def _bring_file(origin: Readable, name: str, workspace: str) -> None:
    destination = open_store(_place(origin.uri, workspace), create=True)
    if name.lower().endswith(".zip"):
        unpack(origin, name, destination)
    else:
        destination.write(name, origin.read(name))


def _origin(parent: str) -> Readable:
    if parent.startswith(_WEB_SCHEMES):
        return Web(parent)
    return open_store(parent) if parent.startswith(GCS_SCHEME) else Folder(parent)


def _parent(file: str) -> str:
    return file.rpartition("/")[0] if "://" in file else str(Path(file).parent)
