"""A version for data that nobody gave one: it changes when the data does."""

import hashlib

from components.common.storage import open_store

_FOLDERS = ("2019", "2020")


def data_version(uri: str) -> str:
    """Fingerprint of a folder or gs:// prefix: the content of its tables, the names and sizes of its images.

    The images' content is not read, so a picture replaced by another of the very same size goes unnoticed.

    Raises:
        StorageError: no such place.
    """
    store = open_store(uri)
    digest = hashlib.sha256()
    for folder in _FOLDERS:
        for name, size in sorted(store.names(folder).items()):
            digest.update(f"{name}\0{size}\0".encode())
            if name.endswith(".csv"):
                digest.update(store.read(name))
    return digest.hexdigest()[:12]
