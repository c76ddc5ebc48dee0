"""A Google Cloud Storage bucket as a store.

Credentials come from Application Default Credentials, never from an argument. `STORAGE_EMULATOR_HOST` (which
google-cloud-storage knows) points at an emulator, and then none are needed.
"""

import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import requests
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from components.common import retries
from components.common.errors import StorageDownError, StorageError
from components.common.retries import FAILURES, patiently
from components.common.store import State, changed_error, inside

GCS_SCHEME = "gs://"

FAILURES_IN_A_ROW = 5
"""A store that failed for good so many times with nothing else between is taken to be down."""

T = TypeVar("T")


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
        timeout = (retries.CONNECT_SECONDS, retries.READ_SECONDS)
        return self._bucket.list_blobs(prefix=prefix, retry=retries.retry(), timeout=timeout, **limits)

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


def _once() -> dict[str, object]:
    """Arguments of the client for a single try."""
    return {"retry": None, "timeout": (retries.CONNECT_SECONDS, retries.READ_SECONDS)}
