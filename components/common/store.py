"""What a place of files can do, whatever it is."""

from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from components.common.errors import StorageError

MAXIMUM_FILE_BYTES = 256 * 2**20
"""A larger file is no image and no table, and is not read whole."""


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
