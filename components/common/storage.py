"""Opening the place where data lies: a folder or a Google Cloud Storage bucket, behind one small interface."""

from components.common.bucket import GCS_SCHEME, Bucket
from components.common.folder import Folder
from components.common.store import Store


def open_store(uri: str, *, create: bool = False) -> Store:
    """Open a folder, or a bucket's prefix written `gs://bucket/prefix`.

    Args:
        uri: the folder's path, or the prefix.
        create: make the folder if need be, and let the prefix be empty: for a place to write to.

    Raises:
        StorageError: no such folder or bucket, or no access to it.
    """
    return Bucket(uri, create=create) if uri.startswith(GCS_SCHEME) else Folder(uri, create=create)
