"""Pictures a second through the service, against bare onnxruntime on the same pictures decoded the same way."""

import statistics
import tempfile
from pathlib import Path

from tests.bench._cad import BATCH, CALLERS, bare, flood, prepare, service
from tests.bench.harness import Result, in_own_process

NAME = "cad.throughput"
REQUESTS = 960
ROUNDS = 3


def run(isic: Path) -> Result:
    """Pictures a second; the callers share the cores with the service."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = prepare(isic, folder)
        ours, peer = [], []
        for _ in range(ROUNDS):
            with service(folder) as port:
                flood(port, pictures, 4 * CALLERS)
                ours.append(REQUESTS / flood(port, pictures, REQUESTS))
            peer.append(REQUESTS / in_own_process(bare, folder, pictures, REQUESTS))
    here, there = statistics.median(ours), statistics.median(peer)
    return Result(
        NAME,
        "pictures/s",
        here,
        f"Median of {ROUNDS} rounds of {REQUESTS} requests by {CALLERS} callers on the same machine, batches of at "
        f"most {BATCH}, each answer recorded; the peer does nothing but decode, in as many threads, and compute.",
        "bare onnxruntime",
        there,
        here / there,
    )
