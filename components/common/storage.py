"""Where data lies: a folder or a Google Cloud Storage bucket, behind one small interface.

Credentials come from Application Default Credentials, never from an argument. `STORAGE_EMULATOR_HOST` (which
google-cloud-storage knows) points at an emulator, and then none are needed.
"""

import os
import shutil
import uuid
from pathlib import Path, PurePosixPath
from typing import Protocol

from google.api_core.exceptions import GoogleAPIError, NotFound, PreconditionFailed
from google.auth.exceptions import GoogleAuthError
from google.cloud import storage
from google.cloud.storage.exceptions import DataCorruption

from components.common.errors import StorageError
from components.common.files import check_writable, whole

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


class Folder:
    """A folder of this machine (or a mounted volume)."""

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

    def write(self, name: str, data: bytes) -> None:
        """See Store."""
        with whole(self._path(name)) as beside:
            beside.write_bytes(data)

    def create(self, name: str, data: bytes) -> bool:
        """See Store."""
        path = self._path(name)
        beside = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(data)
            # Unlike a rename, a link does not take the place of a file that is there.
            path.hardlink_to(beside)
        except FileExistsError:
            return False
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error}") from error
        finally:
            beside.unlink(missing_ok=True)
        return True

    def remove(self, name: str) -> None:
        """See Store."""
        path = self._path(name)
        try:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except FileNotFoundError:
            pass  # another one removed it meanwhile
        except OSError as error:
            raise StorageError(f"cannot remove {path}: {error}") from error

    def _path(self, name: str) -> Path:
        return self._root / inside(name)


class Bucket:
    """A prefix of a Google Cloud Storage bucket."""

    def __init__(self, uri: str, *, create: bool = False) -> None:
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
        if first is None and not create:
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

    def write(self, name: str, data: bytes) -> None:
        """See Store."""
        self._upload(name, data)

    def create(self, name: str, data: bytes) -> bool:
        """See Store."""
        try:
            # Generation 0 is that of an object which does not exist.
            self._upload(name, data, if_generation_match=0)
        except PreconditionFailed:
            return False
        return True

    def remove(self, name: str) -> None:
        """See Store."""
        for below in [name, *self.names(name)]:
            try:
                self._bucket.blob(self._prefix + inside(below)).delete()
            except NotFound:
                continue  # the folder's own name, or another one removed it meanwhile
            except _FAILURES as error:
                raise StorageError(f"cannot remove {below} in {self.uri}: {error}") from error

    def _upload(self, name: str, data: bytes, **conditions: int) -> None:
        blob = self._bucket.blob(self._prefix + inside(name))
        try:
            blob.upload_from_string(data, content_type="application/octet-stream", checksum="crc32c", **conditions)
        except PreconditionFailed:
            raise
        except _FAILURES as error:
            raise StorageError(f"cannot write {name} in {self.uri}: {error}") from error


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
