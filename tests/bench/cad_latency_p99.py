"""The 99th percentile of the service's time to an answer at half its load, against the bare time for one picture."""

import tempfile
from pathlib import Path

import numpy as np

from tests.bench._cad import CALLERS, bare_latency, flood, prepare, service, trickle
from tests.bench.harness import Result, in_own_process

NAME = "cad.latency_p99"
REQUESTS = 400


def run(isic: Path) -> Result:
    """Milliseconds from when a request was due."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = prepare(isic, folder)
        peer = in_own_process(bare_latency, folder, pictures * 3)
        with service(folder) as port:
            flood(port, pictures, CALLERS)
            most = REQUESTS / flood(port, pictures, REQUESTS)
            taken = trickle(port, pictures, REQUESTS, most / 2)
            by_chance = trickle(port, pictures, REQUESTS, most / 2, at_chance=True)
    middle, last = np.percentile(taken, [50, 99])
    return Result(
        NAME,
        "ms",
        1e3 * float(last),
        f"{REQUESTS} requests, {most / 2:.1f} a second, half of what the service does at most, at even distances; "
        f"median {1e3 * middle:.0f} ms. At chance times (a Poisson process) 99% take less than "
        f"{1e3 * np.percentile(by_chance, 99):.0f} ms. The bound is 3 times the peer: a ratio of 0.33.",
        "bare onnxruntime, one picture at a time, median",
        1e3 * peer,
        peer / float(last),
    )
