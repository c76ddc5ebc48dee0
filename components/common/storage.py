"""Where data lies: a folder or a Google Cloud Storage bucket, behind one small interface.

Credentials come from Application Default Credentials, never from an argument. `STORAGE_EMULATOR_HOST` (which
google-cloud-storage knows) points at an emulator, and then none are needed.
"""

import errno
import http.client
import os
import shutil
import stat
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol, TypeVar

import requests
import urllib3.exceptions
from google.api_core.exceptions import BadRequest, GoogleAPICallError, GoogleAPIError, NotFound, PreconditionFailed
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError, TransportError
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from components.common.errors import StorageDownError, StorageError
from components.common.files import check_writable, whole

GCS_SCHEME = "gs://"

CONNECT_SECONDS = 10.0
READ_SECONDS = 30.0
"""How long a server may be silent in the middle of an answer."""

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 16.0
DEADLINE_SECONDS = 120.0
"""How long one file or listing is tried for, over all retries."""

FAILURES_IN_A_ROW = 5
"""A store that failed for good so many times with nothing else between is taken to be down."""

TRANSIENT_STATUSES = (408, 429, 500, 502, 503, 504)

# What a broken connection or a damaged answer looks like, by who notices it.
_BROKEN = (
    ConnectionError,
    http.client.HTTPException,
    urllib3.exceptions.HTTPError,
    requests.ConnectionError,
    requests.Timeout,
    requests.exceptions.ChunkedEncodingError,
    requests.exceptions.ContentDecodingError,
    requests.JSONDecodeError,
    DataCorruption,
)

# What is raised, over the retries, when the network, the service or the credentials fail for good.
FAILURES = (*_BROKEN, GoogleAPIError, GoogleAuthError, OSError)

# How file systems say that they have no hard links (gcsfuse, some network volumes).
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)

T = TypeVar("T")


class State(NamedTuple):
    """What a file is at this moment."""

    size: int
    """Bytes."""
    version: str
    """Changes when the content does; empty where the store cannot tell."""


class Readable(Protocol):
    """Files that can be read whole or in part, named by their POSIX path below a root."""

    uri: str

    def state(self, name: str) -> State:
        """Look at a file without reading it. Raises StorageError where there is none, or no access to it."""

    def read(self, name: str) -> bytes:
        """The whole content of a file. Raises StorageError where it cannot be read."""

    def read_range(self, name: str, start: int, stop: int, version: str) -> bytes:
        """The bytes `start` to `stop` (exclusive) of a file, which must not have changed since `state` gave `version`.

        Raises StorageError where they cannot be read, or the file has changed.
        """


class Store(Readable, Protocol):
    """A tree of files, named by their POSIX path below its root."""

    def names(self, folder: str = "") -> dict[str, int]:
        """Names of all files below a folder, with their sizes in bytes; empty where there is no such folder.

        Raises StorageError where the folder cannot be listed.
        """

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all, in place of any that is there.

        Raises StorageError where it cannot be written.
        """

    def create(self, name: str, data: bytes) -> bool:
        """Write a file whole or not at all, but only where there is none: of several writers one gets True.

        Raises StorageError where it cannot be written.
        """

    def remove(self, name: str) -> None:
        """Remove a file, or a folder with all that is below it; nothing happens where there is none.

        Raises StorageError where it cannot be removed.
        """


def open_store(uri: str, *, create: bool = False) -> Store:
    """Open a folder, or a bucket's prefix written `gs://bucket/prefix`.

    Args:
        uri: the folder's path, or the prefix.
        create: make the folder if need be, and let the prefix be empty: for a place to write to.

    Raises:
        StorageError: no such folder or bucket, or no access to it.
    """
    return Bucket(uri, create=create) if uri.startswith(GCS_SCHEME) else Folder(uri, create=create)


def patiently(call: Callable[[], T]) -> T:
    """Call until it succeeds: after a transient fault again, with exponential backoff and jitter, until the deadline.

    Raises:
        google.api_core.exceptions.RetryError: the deadline has passed; it quotes the last fault.
        Exception: what `call` raised, if that is no transient fault.
    """
    return _retry()(call)()


def _retry() -> Retry:
    return Retry(
        predicate=_is_transient,
        initial=FIRST_WAIT_SECONDS,
        maximum=LONGEST_WAIT_SECONDS,
        timeout=DEADLINE_SECONDS,
    )


def _is_transient(error: BaseException) -> bool:
    if isinstance(error, BadRequest):
        # The service compares an upload with the checksum that came with it.
        return "crc32c" in str(error).lower()
    if isinstance(error, GoogleAPICallError):
        return error.code in TRANSIENT_STATUSES
    if isinstance(error, GoogleAuthError):
        return isinstance(error, TransportError) or error.retryable
    return isinstance(error, _BROKEN)


class Folder:
    """A folder of this machine (or a mounted volume).

    Symbolic links are followed where they stay inside the folder; below a folder listed, only those to files.
    """

    def __init__(self, uri: str, *, create: bool = False) -> None:
        self.uri = uri
        self._root = Path(uri)
        if uri and create:
            check_writable(self._root)
        # Path("") is the working directory, which nobody who leaves the argument empty means.
        if not uri or not self._root.is_dir():
            raise StorageError(
                f"no such folder: {uri!r}; give a folder, or gs://bucket/prefix, laid out as ISIC lays it out"
            )
        self._real_root = self._root.resolve()

    def names(self, folder: str = "") -> dict[str, int]:
        """See Store."""
        top = self._path(folder)
        if not top.is_dir():
            return {}
        try:
            return {
                path.relative_to(self._root).as_posix(): size
                for directory, _, files in os.walk(top, onerror=_raise)
                for path in (Path(directory, file) for file in files)
                if (size := self._size(path)) is not None
            }
        except OSError as error:
            raise StorageError(f"cannot list {folder or 'the files'} in {self.uri}: {error}") from error

    def exists(self, name: str) -> bool:
        """See Store."""
        return self._path(name).is_file()

    def state(self, name: str) -> State:
        """See Readable."""
        try:
            return _state(self._path(name).stat())
        except OSError as error:
            raise StorageError(f"cannot read {name} in {self.uri}: {error}") from error

    def read(self, name: str) -> bytes:
        """See Readable."""
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise StorageError(f"cannot read {name} in {self.uri}: {error}") from error

    def read_range(self, name: str, start: int, stop: int, version: str) -> bytes:
        """See Readable."""
        try:
            with self._path(name).open("rb") as file:
                changed = _state(os.fstat(file.fileno())).version != version
                file.seek(start)
                data = file.read(stop - start)
        except OSError as error:
            raise StorageError(f"cannot read {name} in {self.uri}: {error}") from error
        if changed or len(data) != stop - start:
            raise changed_error(f"{name} in {self.uri}")
        return data

    def write(self, name: str, data: bytes) -> None:
        """See Store."""
        with whole(self._path(name)) as beside:
            beside.write_bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        """See Store. Where the file system has no hard links, a process killed meanwhile may leave a part."""
        path = self._path(name)
        beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            _link(beside, path)
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(
                f"cannot write {path}: {error}; check the permissions and the free space there"
            ) from error
        finally:
            with suppress(OSError):
                beside.unlink(missing_ok=True)
        return True

    def remove(self, name: str) -> None:
        """See Store."""
        path = self._path(name)
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass  # another one removed it meanwhile
        except OSError as error:
            raise StorageError(f"cannot remove {path}: {error}") from error

    def _path(self, name: str) -> Path:
        path = self._root / inside(name)
        if not self._holds(path):
            raise StorageError(
                f"{name} in {self.uri} leads outside its folder through a symbolic link; "
                "put the file itself there, or give the folder that the link leads to"
            )
        return path

    def _holds(self, path: Path) -> bool:
        try:
            return path.resolve().is_relative_to(self._real_root)
        except (OSError, RuntimeError):  # links in a circle
            return False

    def _size(self, path: Path) -> int | None:
        """Bytes of a file; None for what is none, a link to nothing or outside, and a file that is not yet whole."""
        if path.name.startswith(".") and path.suffix == ".part":
            return None
        if path.is_symlink() and not self._holds(path):
            return None
        try:
            status = path.stat()
        except FileNotFoundError:
            return None
        return status.st_size if stat.S_ISREG(status.st_mode) else None


class Bucket:
    """A prefix of a Google Cloud Storage bucket.

    The client retries by itself, but resumes a broken download without checking it, and gives up at a wrong checksum:
    so whole requests are repeated here. It is safe for several threads.
    """

    def __init__(self, uri: str, *, create: bool = False) -> None:
        self.uri = uri
        self._failures = 0
        self._lock = threading.Lock()
        bucket, _, prefix = uri.removeprefix(GCS_SCHEME).partition("/")
        if not bucket:
            raise StorageError(f"no bucket is named in {uri!r}; expected gs://bucket/prefix")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        try:
            # Objects are read without a project; the client would else insist on finding one.
            self._bucket = storage.Client(project=None).bucket(bucket)
            # Listing asks for no more than the permission to read objects; get_bucket asks for one on the bucket too.
            first = next(iter(self._list(self._prefix, max_results=1)), None)
        except (*FAILURES, ValueError) as error:
            raise StorageError(f"cannot open the bucket of {uri}: {error}; expected gs://bucket/prefix") from error
        if first is None and not create:
            raise StorageError(f"nothing lies at {uri}; give gs://bucket/prefix, laid out as ISIC lays it out")

    def names(self, folder: str = "") -> dict[str, int]:
        """See Store."""
        prefix = f"{self._prefix}{inside(folder).rstrip('/')}/" if folder else self._prefix
        # A name that ends in a slash stands for a folder made by hand in the console.
        return self._ask(
            f"list {folder or 'the files'}",
            lambda: {
                blob.name.removeprefix(self._prefix): blob.size
                for blob in self._list(prefix)
                if not blob.name.endswith("/")
            },
        )

    def exists(self, name: str) -> bool:
        """See Store."""
        blob = self._blob(name)
        return self._ask(f"look for {name}", lambda: patiently(lambda: bool(blob.exists(**_once()))))

    def state(self, name: str) -> State:
        """See Readable. The version is the object's generation."""
        blob = self._blob(name)
        try:
            self._ask(f"look at {name}", lambda: patiently(lambda: blob.reload(**_once())))
        except NotFound as error:
            raise StorageError(f"no object {name} in {self.uri}") from error
        return State(int(blob.size), str(blob.generation))

    def read(self, name: str) -> bytes:
        """See Readable. The download is checked against the object's CRC32C."""

        def download() -> bytes:
            blob = self._blob(name)
            data = bytes(blob.download_as_bytes(checksum="crc32c", **_once()))
            if not blob.crc32c:  # the client has then checked nothing
                raise requests.ConnectionError("the answer has no CRC32C")
            return data

        try:
            return self._ask(f"read {name}", lambda: patiently(download))
        except NotFound as error:
            raise StorageError(f"no object {name} in {self.uri}") from error

    def read_range(self, name: str, start: int, stop: int, version: str) -> bytes:
        """See Readable. Only the length is checked: a checksum is known of the whole object alone."""

        def download() -> bytes:
            blob = self._bucket.blob(self._prefix + inside(name), generation=int(version))
            data = bytes(blob.download_as_bytes(start=start, end=stop - 1, checksum=None, **_once()))
            if len(data) != stop - start:
                raise requests.ConnectionError(f"{len(data)} bytes came instead of {stop - start}")
            return data

        try:
            return self._ask(f"read {name}", lambda: patiently(download))
        except NotFound as error:
            raise changed_error(f"{name} in {self.uri}") from error

    def write(self, name: str, data: bytes) -> None:
        """See Store. The service checks the upload against its CRC32C."""
        self._upload(self._blob(name), name, data)

    def create(self, name: str, data: bytes) -> bool:
        """See Store."""
        # The answer to a successful upload can get lost, and the next try is then told that there is such an object.
        mark = uuid.uuid4().hex
        blob = self._blob(name)
        blob.metadata = {"creator": mark}
        try:
            # Generation 0 is that of an object which does not exist.
            self._upload(blob, name, data, if_generation_match=0)
        except PreconditionFailed:
            there = self._blob(name)
            try:
                self._ask(f"look at {name}", lambda: patiently(lambda: there.reload(**_once())))
            except NotFound:  # another one made it and removed it
                return False
            return bool((there.metadata or {}).get("creator") == mark)
        return True

    def remove(self, name: str) -> None:
        """See Store."""
        for below in [name, *self.names(name)]:
            delete = partial(self._blob(below).delete, **_once())
            with suppress(NotFound):  # the folder's own name, or another one removed it meanwhile
                self._ask(f"remove {below}", partial(patiently, delete))

    def _blob(self, name: str) -> storage.Blob:
        return self._bucket.blob(self._prefix + inside(name))

    def _list(self, prefix: str, **limits: int) -> Iterable[storage.Blob]:
        # Here the client retries, page by page.
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        return self._bucket.list_blobs(prefix=prefix, retry=_retry(), timeout=timeout, **limits)

    def _upload(self, blob: storage.Blob, name: str, data: bytes, **conditions: int) -> None:
        def upload() -> None:
            blob.upload_from_string(
                data, content_type="application/octet-stream", checksum="crc32c", **conditions, **_once()
            )

        self._ask(f"write {name}", lambda: patiently(upload))

    def _ask(self, task: str, call: Callable[[], T]) -> T:
        """Call, and keep count of failures; `task` goes on from "cannot".

        A service that is down would else cost the deadline for each of thousands of files.

        Raises:
            NotFound, PreconditionFailed: as the service answered.
            StorageError: all other failures.
            StorageDownError: there were too many of them, one after the other.
        """
        self._check_up()
        try:
            result = call()
        except (NotFound, PreconditionFailed):
            self._failures = 0
            raise
        except FAILURES as error:
            with self._lock:
                self._failures += 1
            self._check_up(error)
            raise StorageError(f"cannot {task} in {self.uri}: {error}") from error
        self._failures = 0
        return result

    def _check_up(self, error: Exception | None = None) -> None:
        if self._failures >= FAILURES_IN_A_ROW:
            raise StorageDownError(
                f"{self.uri} failed {self._failures} times in a row{f', at last: {error}' if error else ''}; "
                "check the network, the credentials and the service, then start again"
            ) from error


def inside(name: str) -> str:
    """Return `name` if it stays inside the store.

    Raises:
        StorageError: the name is absolute or climbs out with `..`.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\0" in name:
        raise StorageError(f"the name {name!r} points outside its folder; names must be relative, without '..'")
    return name


def changed_error(what: str) -> StorageError:
    """The error for a file that is not what it was when it was looked at."""
    return StorageError(f"{what} changed while it was read; start again when it is complete")


def _once() -> dict[str, object]:
    """Arguments of the client for a single try."""
    return {"retry": None, "timeout": (CONNECT_SECONDS, READ_SECONDS)}


def _state(status: os.stat_result) -> State:
    return State(status.st_size, f"{status.st_size}-{status.st_mtime_ns}-{status.st_ino}")


def _link(beside: Path, path: Path) -> None:
    """Give a finished file its name; unlike a rename, a link does not take the place of a file that is there."""
    try:
        path.hardlink_to(beside)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        with path.open("xb") as file:
            try:
                file.write(beside.read_bytes())
                file.flush()
            except OSError:
                path.unlink()
                raise


def _raise(error: OSError) -> None:
    raise error
