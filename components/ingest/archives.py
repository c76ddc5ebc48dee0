"""Zip archives of images, unpacked into a store without being downloaded: read in ranges, resumable entry by entry."""

import io
import json
import logging
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any, NamedTuple

from components.common.errors import DataError
from components.common.progress import track
from components.common.store import MAXIMUM_FILE_BYTES, Readable, State, Store

log = logging.getLogger(__name__)

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
SUFFIXES = (*IMAGE_SUFFIXES, ".csv", ".txt")
"""What is unpacked: images, tables and licences."""

MAXIMUM_RATIO = 20.0
"""An archive of JPEGs is as large as they are; one that holds so many times its own size is a zip bomb."""

RECEIPTS = ".receipts"
"""Folder in the destination: for each archive what it was unpacked from, so that a changed one is unpacked again."""

# The end of an archive points to its directory; one of this size comes along (300 entries' worth).
_TAIL_BYTES = 32 * 2**10
# A request takes some 50 ms beside the transfer: as long as a megabyte or two. Entries that lie one after the other are
# read together up to this size, and each thread holds so much.
_SPAN_BYTES = 8 * 2**20
# Rather read a gap (directories, a desktop's hidden files) than ask twice.
_GAP_BYTES = 16 * 2**10
_THREADS = 8
_ATTEMPTS = 4
_LOCAL_HEADER_BYTES = 30
# At most: name and extra field, each with a length of 16 bits, and the descriptor behind the data.
_EXTRA_BYTES = 2 * 0xFFFF + 24
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What a damaged archive makes zipfile raise: on opening it, and on reading an entry.
_UNOPENABLE = (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, struct.error)
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)


class RangeFile(io.RawIOBase):
    """A file of a store, or of a web server, as a seekable one.

    Each thread has a window of its own, which `read_ahead` fills; reads within it cost no request.
    """

    def __init__(self, origin: Readable, name: str, state: State) -> None:
        self._origin = origin
        self._name = name
        self._state = state
        self._position = 0
        self._windows = threading.local()

    def read_ahead(self, start: int, stop: int) -> None:
        """Read the bytes `start` to `stop` (exclusive) at once. Raises StorageError."""
        data = self._origin.read_range(self._name, start, stop, self._state.version)
        self._windows.window = (start, data)

    def seekable(self) -> bool:
        """True."""
        return True

    def readable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """See io.IOBase."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._state.size}[whence]
        if base + offset < 0:
            raise ValueError(f"no position {base + offset} in a file")  # as other files do
        self._position = base + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, or read to the end. Raises StorageError."""
        size = max(0, min(len(buffer), self._state.size - self._position))
        start, window = getattr(self._windows, "window", (0, b""))
        if size and not start <= self._position <= self._position + size <= start + len(window):
            self.read_ahead(self._position, self._position + size)
            start, window = self._windows.window
        buffer[:size] = memoryview(window)[self._position - start :][:size]
        self._position += size
        return size


class _Part(NamedTuple):
    """An entry, and where it lies in the archive: header and data."""

    info: zipfile.ZipInfo
    start: int
    stop: int


def unpack(origin: Readable, name: str, destination: Store) -> None:
    """Unpack the images and tables of an archive, with their folders, as far as they are not there already.

    Every file is checked by its size and CRC-32 and written whole. What an earlier state of the archive left behind is
    removed. Three requests look at the archive; then there is one for some megabytes of entries that are missing.

    Args:
        origin: where the archive lies.
        name: its path there.
        destination: where to; its folder `RECEIPTS` is kept for what was unpacked.

    Raises:
        StorageError: the archive cannot be read, changes meanwhile, or the destination cannot be written.
        DataError: it is no zip archive, is damaged, or holds what must not be unpacked.
    """
    where = f"{origin.uri}/{name}"
    state = origin.state(name)
    file = RangeFile(origin, name, state)
    with _opened(file, where, state.size) as archive:
        parts = _parts(archive, where, state.size)
        entries = {part.info.filename: [part.info.file_size, part.info.CRC] for part in parts}
        receipt = f"{RECEIPTS}/{PurePosixPath(name).name}.json"
        present = _unchanged(destination, receipt, entries, where)
        missing = [part for part in parts if part.info.filename not in present]
        log.info("%s: %d files, %d of them are there already", where, len(parts), len(parts) - len(missing))

        def unpack_span(span: Sequence[_Part]) -> Sequence[_Part]:
            file.read_ahead(span[0].start, span[-1].stop)
            for part in span:
                destination.write(part.info.filename, _content(file, archive, part, where))
            return span

        with ThreadPoolExecutor(_THREADS) as pool:
            try:
                done = chain.from_iterable(pool.map(unpack_span, _spans(missing)))
                for _ in track(done, f"unpacking {where}", len(missing)):
                    pass
            finally:  # what is under way ends, but nothing more begins
                pool.shutdown(cancel_futures=True)


def _opened(file: RangeFile, where: str, size: int) -> zipfile.ZipFile:
    file.read_ahead(max(0, size - _TAIL_BYTES), size)
    try:
        return zipfile.ZipFile(file)
    except _UNOPENABLE as error:
        raise DataError(f"{where} is not a complete zip archive: {error}; download it again") from error


def _parts(archive: zipfile.ZipFile, where: str, size: int) -> list[_Part]:
    """The entries to unpack, in the order in which they lie in the archive; all are checked before."""
    infos = sorted(archive.infolist(), key=lambda info: info.header_offset)
    for info in infos:
        _check_entry(info, where)
    if len(names := {info.filename for info in infos}) < len(infos):
        raise DataError(f"{where} holds {len(infos)} entries under {len(names)} names; expected one each")
    if (total := sum(info.file_size for info in infos)) > MAXIMUM_RATIO * size:
        raise DataError(
            f"{where} has {size} bytes and says it holds {total}: more than {MAXIMUM_RATIO:g} times as many; "
            "images do not shrink like that, so it is not unpacked"
        )
    stops = [*(info.header_offset for info in infos[1:]), archive.start_dir]
    parts = [_part(info, stop, where) for info, stop in zip(infos, stops, strict=True)]
    return [part for part in parts if _is_wanted(part.info)]


def _part(info: zipfile.ZipInfo, stop: int, where: str) -> _Part:
    """The extent of an entry whose successor begins at `stop`."""
    start = info.header_offset
    least = _LOCAL_HEADER_BYTES + len(info.orig_filename) + info.compress_size
    if start < 0 or start + least > stop:
        raise DataError(
            f"{where}: the entry {info.filename!r} lies outside the archive or overlaps the next; it is not unpacked"
        )
    return _Part(info, start, min(stop, start + _LOCAL_HEADER_BYTES + _EXTRA_BYTES + info.compress_size))


def _is_wanted(info: zipfile.ZipInfo) -> bool:
    path = PurePosixPath(info.filename)
    hidden = any(folder.startswith(".") or folder == "__MACOSX" for folder in path.parts)
    return not info.is_dir() and not hidden and path.suffix.lower() in SUFFIXES


def _check_entry(info: zipfile.ZipInfo, where: str) -> None:
    name = info.orig_filename
    if fault := _fault_of_name(name) or _fault_of_entry(info):
        raise DataError(f"{where}: the entry {name!r} {fault}; the archive is not unpacked")


def _fault_of_name(name: str) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or PureWindowsPath(name).drive or "\\" in name:
        return "points outside its folder, or to another system's path"
    if "\0" in name or path.as_posix() != name.removesuffix("/"):
        return "is not a plain relative path"
    return None


def _fault_of_entry(info: zipfile.ZipInfo) -> str | None:
    if stat.S_ISLNK(info.external_attr >> 16):  # the Unix mode
        return "is a symbolic link"
    if info.flag_bits & 0x1:
        return "is encrypted: decrypt the archive first"
    if info.compress_type not in _METHODS:
        method = zipfile.compressor_names.get(info.compress_type, info.compress_type)  # type: ignore[attr-defined]
        return f"is compressed by the method {method}; expected stored or deflated"
    if max(info.file_size, info.compress_size) > MAXIMUM_FILE_BYTES:
        return f"says it has {info.file_size} bytes; the limit is {MAXIMUM_FILE_BYTES}"
    return None


def _unchanged(destination: Store, receipt: str, entries: dict[str, list[int]], where: str) -> set[str]:
    """Names of the entries that lie in the destination, from this very state of the archive or an equal one.

    What lies there from elsewhere is removed before the receipt says that it is trusted: so unpacking can be cut off
    at any point.
    """
    before = _earlier_entries(destination, receipt)
    there = destination.names()
    stale = {name for name in there if name in before or name in entries} - {
        name for name, entry in entries.items() if before.get(name) == entry and there.get(name) == entry[0]
    }
    for name in sorted(stale):
        destination.remove(name)
    if before != entries:
        destination.write(receipt, json.dumps({"archive": where, "entries": entries}).encode())
    return entries.keys() & (there.keys() - stale)


def _earlier_entries(destination: Store, receipt: str) -> dict[str, list[int]]:
    """Size and CRC-32 of each entry when the archive was last looked at; none where it is new."""
    if not destination.exists(receipt):
        return {}
    try:
        return dict(json.loads(destination.read(receipt))["entries"])
    except (ValueError, KeyError, TypeError):  # not written here
        return {}


def _spans(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    """Parts that are worth a common request."""
    span: list[_Part] = []
    for part in parts:
        if span and (part.start - span[-1].stop > _GAP_BYTES or part.stop - span[0].start > _SPAN_BYTES):
            yield span
            span = []
        span.append(part)
    if span:
        yield span


def _content(file: RangeFile, archive: zipfile.ZipFile, part: _Part, where: str) -> bytes:
    """Read one entry, again if it came damaged."""
    for attempt in range(_ATTEMPTS):
        if attempt:
            file.read_ahead(part.start, part.stop)
        try:
            data = archive.read(part.info)  # checks the CRC-32
            if len(data) == part.info.file_size:
                return data
            fault = f"{len(data)} bytes instead of {part.info.file_size}"
        except _DAMAGED as error:
            fault = str(error)
    raise DataError(f"{where}: the entry {part.info.filename!r} is damaged: {fault}; download the archive again")
