"""A real GCS server for tests, in this process."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest
from gcp_storage_emulator.server import create_server
from google.cloud import storage

from tests.faults import FaultyServer, gcs_proxy

BUCKET = "data"


@contextmanager
def emulated_bucket(objects: Mapping[str, bytes]) -> Iterator[str]:
    """Serve a bucket that holds `objects`; give its URI. STORAGE_EMULATOR_HOST points at it meanwhile."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    server = create_server("localhost", port, in_memory=True, default_bucket=BUCKET)
    server.start()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("STORAGE_EMULATOR_HOST", f"http://localhost:{port}")
            bucket = storage.Client(project=None).bucket(BUCKET)
            for name, content in objects.items():
                bucket.blob(name).upload_from_string(content)
            yield f"gs://{BUCKET}"
    finally:
        server.stop()


@contextmanager
def faulty_bucket(objects: Mapping[str, bytes]) -> Iterator[tuple[str, FaultyServer]]:
    """As `emulated_bucket`, with a server before it that heeds preconditions and can be told to fail."""
    with (
        emulated_bucket(objects) as uri,
        gcs_proxy(os.environ["STORAGE_EMULATOR_HOST"]).running() as proxy,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("STORAGE_EMULATOR_HOST", proxy.url)
        yield uri, proxy
