"""Reading from where the data lies: a folder or a Google Cloud Storage bucket, behind one small interface.

Credentials come from Application Default Credentials, never from an argument. `STORAGE_EMULATOR_HOST` (which
google-cloud-storage knows) points at an emulator, and then none are needed.
"""

import os
from pathlib import Path, PurePosixPath
from typing import Protocol

from google.api_core.exceptions import GoogleAPIError, NotFound
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from components.common.errors import StorageError

GCS_SCHEME = "gs://"

# What the client raises, over its own retries, when the network, the service or the credentials fail for good.
_FAILURES = (GoogleAPIError, GoogleAuthError, DataCorruption, OSError)


class Store(Protocol):
    """A tree of files, named by their POSIX path below its root."""

    uri: str

    def names(self, folder: str = "") -> dict[str, int]:
        """Names of all files below a folder, with their sizes in bytes; empty where there is no such folder.

        Raises StorageError where the folder cannot be listed.
        """

    def exists(self, name: str) -> bool:
        """Whether there is a file of this name."""

    def read(self, name: str) -> bytes:
        """The whole content of a file. Raises StorageError where it cannot be read."""


def open_store(uri: str) -> Store:
    """Open a folder, or a bucket's prefix written `gs://bucket/prefix`.

    Raises:
        StorageError: no such folder or bucket, or no access to it.
    """
    return Bucket(uri) if uri.startswith(GCS_SCHEME) else Folder(uri)


class Folder:
    """A folder of this machine (or a mounted volume)."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._root = Path(uri)
        # Path("") is the working directory, which nobody who leaves the argument empty means.
        if not uri or not self._root.is_dir():
            raise StorageError(
                f"no such folder: {uri!r}; give a folder, or gs://bucket/prefix, laid out as ISIC lays it out"
            )

    def names(self, folder: str = "") -> dict[str, int]:
        """See Store."""
        top = self._path(folder)
        if not top.is_dir():
            return {}
        try:
            return {
                path.relative_to(self._root).as_posix(): path.stat().st_size
                for directory, _, files in os.walk(top, onerror=_raise)
                for path in (Path(directory, file) for file in files)
                if path.is_file()  # not so for a link to nothing
            }
        except OSError as error:
            raise StorageError(f"cannot list {folder or 'the files'} in {self.uri}: {error}") from error

    def exists(self, name: str) -> bool:
        """See Store."""
        return self._path(name).is_file()

    def read(self, name: str) -> bytes:
        """See Store."""
        try:
            return self._path(name).read_bytes()
        except OSError as error:
            raise StorageError(f"cannot read {name} in {self.uri}: {error}") from error

    def _path(self, name: str) -> Path:
        return self._root / inside(name)


class Bucket:
    """A prefix of a Google Cloud Storage bucket."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        bucket, _, prefix = uri.removeprefix(GCS_SCHEME).partition("/")
        if not bucket:
            raise StorageError(f"no bucket is named in {uri!r}; expected gs://bucket/prefix")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        try:
            # Objects are read without a project; the client would else insist on finding one.
            self._bucket = storage.Client(project=None).bucket(bucket)
            # Listing asks for no more than the permission to read objects; get_bucket asks for one on the bucket too.
            first = next(iter(self._bucket.list_blobs(prefix=self._prefix, max_results=1)), None)
        except (*_FAILURES, ValueError) as error:
            raise StorageError(f"cannot open the bucket of {uri}: {error}; expected gs://bucket/prefix") from error
        if first is None:
            raise StorageError(f"nothing lies at {uri}; give gs://bucket/prefix, laid out as ISIC lays it out")

    def names(self, folder: str = "") -> dict[str, int]:
        """See Store."""
        prefix = f"{self._prefix}{inside(folder).rstrip('/')}/" if folder else self._prefix
        try:
            blobs = self._bucket.list_blobs(prefix=prefix)
            # A name that ends in a slash stands for a folder made by hand in the console.
            return {blob.name.removeprefix(self._prefix): blob.size for blob in blobs if not blob.name.endswith("/")}
        except _FAILURES as error:
            raise StorageError(f"cannot list {folder or 'the files'} in {self.uri}: {error}") from error

    def exists(self, name: str) -> bool:
        """See Store."""
        try:
            return bool(self._bucket.blob(self._prefix + inside(name)).exists())
        except _FAILURES as error:
            raise StorageError(f"cannot look for {name} in {self.uri}: {error}") from error

    def read(self, name: str) -> bytes:
        """See Store. The download is checked against the object's CRC32C."""
        try:
            return bytes(self._bucket.blob(self._prefix + inside(name)).download_as_bytes(checksum="crc32c"))
        except NotFound as error:
            raise StorageError(f"no object {name} in {self.uri}") from error
        except _FAILURES as error:
            raise StorageError(f"cannot read {name} in {self.uri}: {error}") from error


def inside(name: str) -> str:
    """Return `name` if it stays inside the store.

    Raises:
        StorageError: the name is absolute or climbs out with `..`.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise StorageError(f"the name {name!r} points outside its folder; names must be relative, without '..'")
    return name


def _raise(error: OSError) -> None:
    raise error
