"""The pictures themselves, kept only where a setting names a folder for them."""

import hashlib
from pathlib import Path

from components.common.files import whole


def digest(data: bytes) -> str:
    """SHA-256 of a picture's bytes, in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


class KeptImages:
    """A folder of pictures, each named by its SHA-256: `<first two digits>/<all digits>`, readable by its owner only.

    Nothing that a client names reaches the disk: what was sent decides the name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, digest: str) -> Path:
        """Where the picture of this SHA-256 is, or would be."""
        return self._folder / digest[:2] / digest

    def keep(self, data: bytes) -> str:
        """Keep a picture, whole or not at all; the same bytes are kept once.

        Returns:
            Its SHA-256.

        Raises:
            StorageError: it cannot be written.
        """
        name = digest(data)
        path = self.path(name)
        if not path.exists():
            with whole(path) as beside:
                beside.touch(mode=0o600)
                beside.write_bytes(data)
        return name
