"""A version for data that nobody gave one: it changes when the data does."""

import hashlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from components.common.storage import open_store
from components.ingest.dataset import OWN_DESCRIPTION
from components.ingest.fetch import entries, is_brought
from components.ingest.sources import find_sources


def data_version(data: str) -> str:
    """Fingerprint of the sources: their own descriptions, the content of their tables, names and sizes of their images.

    The images' content is not read, so a picture replaced by another of the very same size goes unnoticed. Of what has
    to be downloaded first, only the address counts.

    Args:
        data: URIs of sources, separated by commas.

    Raises:
        SettingsError: an entry is empty.
        StorageError: no such place.
        DataError: there is no data set.
    """
    digest = hashlib.sha256()
    for uri in entries(data):
        for part in [uri.encode()] if is_brought(uri) else _content(uri):
            digest.update(part + b"\0")
    return digest.hexdigest()[:12]


def _content(uri: str) -> Iterator[bytes]:
    store = open_store(uri)
    if store.exists(OWN_DESCRIPTION):
        yield store.read(OWN_DESCRIPTION)
    for source in find_sources([store]):
        for file in source.files:
            yield store.read(file)
        for name, size in sorted(store.names(str(PurePosixPath(source.images).parent)).items()):
            yield f"{name} {size}".encode()
