"""A folder of this machine as a store."""

import errno
import os
import shutil
import stat
import uuid
from contextlib import suppress
from pathlib import Path

from components.common.errors import StorageError
from components.common.files import check_writable, whole
from components.common.store import State, changed_error, inside

# How file systems say that they have no hard links (gcsfuse, some network volumes).
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)


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
