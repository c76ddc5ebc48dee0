"""The CAD service under load on loopback, and bare onnxruntime on the same pictures."""

import http.client
import itertools
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from tests.bench._records import records_of, write_records
from tests.bench.harness import SkippedError, in_own_process
from tests.bench.robustness_corruptions import CROP, make_model

PICTURES = 32
CALLERS = 32
BATCH = 16

_BOUNDARY = b"a-boundary-that-no-picture-holds"


def prepare(isic: Path, folder: Path) -> list[bytes]:
    """Make a model of three networks in a folder; give real pictures, as files."""
    paths = sorted((isic / "2019").rglob("*.jpg"))[:PICTURES]
    if len(paths) < PICTURES:
        raise SkippedError(f"fewer than {PICTURES} pictures in {isic}")
    records = records_of(paths, CROP)
    # Converting asks for images to calibrate on; here none is.
    write_records(folder / "records", CROP, {"train": records[:1], "test": records})
    in_own_process(make_model, folder)
    return [path.read_bytes() for path in paths]


@contextmanager
def service(folder: Path) -> Iterator[int]:
    """The port of the service in a process of its own, for as long as the block lasts."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"--onnx-model": folder / "onnx", "--records": f"sqlite:///{folder}/records.db", "--port": port,
               "--batch-size": BATCH, "--requests": 64, "--requests-per-minute": 0}  # fmt: skip
    words = [str(word) for pair in options.items() for word in pair]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "components.cad", *words], stdout=log, stderr=log)
    try:
        while not _ready(port):
            if process.poll() is not None:
                raise RuntimeError((folder / "log").read_text())
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def flood(port: int, pictures: Sequence[bytes], requests: int) -> float:
    """Seconds for so many requests, by callers each of whom sends the next when it has the answer."""
    bodies = [_form(picture) for picture in pictures]
    numbers = itertools.count()

    def call() -> None:
        line = http.client.HTTPConnection("127.0.0.1", port)
        while (number := next(numbers)) < requests:
            _ask(line, bodies[number % len(bodies)])

    began = time.perf_counter()
    with ThreadPoolExecutor(CALLERS) as callers:
        for done in [callers.submit(call) for _ in range(CALLERS)]:
            done.result()
    return time.perf_counter() - began


def trickle(
    port: int, pictures: Sequence[bytes], requests: int, per_second: float, *, at_chance: bool = False
) -> list[float]:
    """Seconds that each request takes from when it was due, whatever the answers to others do.

    Args:
        port: of the service.
        pictures: to send, in turn.
        requests: how many.
        per_second: of them.
        at_chance: due at chance times (a Poisson process), not one after the other at the same distance.
    """
    bodies = [_form(picture) for picture in pictures]
    distances = np.random.default_rng(0).exponential(size=requests) if at_chance else np.ones(requests)
    due = np.cumsum(distances) / per_second
    lines = [http.client.HTTPConnection("127.0.0.1", port) for _ in range(CALLERS)]
    numbers = itertools.count()
    began = time.perf_counter()

    def call(line: http.client.HTTPConnection) -> list[float]:
        taken = []
        while (number := next(numbers)) < requests:
            time.sleep(max(0.0, began + due[number] - time.perf_counter()))
            _ask(line, bodies[number % len(bodies)])
            taken.append(time.perf_counter() - began - due[number])
        return taken

    with ThreadPoolExecutor(CALLERS) as callers:
        return [seconds for done in callers.map(call, lines) for seconds in done]


def bare(folder: Path, pictures: Sequence[bytes], requests: int) -> float:
    """Seconds of onnxruntime alone: the same decoding in as many threads, the same batches, the same threads."""
    from components.cad.model import load_model
    from components.common.cores import available_cores
    from components.common.pictures import use_one_thread

    use_one_thread()
    model = load_model(folder / "onnx")
    began = time.perf_counter()
    with ThreadPoolExecutor(available_cores()) as decoders, ThreadPoolExecutor(model.at_once) as computers:
        crops = decoders.map(lambda number: _crops(pictures[number % len(pictures)], model.crops), range(requests))
        batches = iter(lambda: list(itertools.islice(crops, BATCH)), [])
        for done in [computers.submit(lambda batch: model.run(_inputs(batch)), batch) for batch in batches]:
            done.result()
    return time.perf_counter() - began


def bare_latency(folder: Path, pictures: Sequence[bytes]) -> float:
    """Median seconds of decoding one picture and running the model on it, with nothing beside."""
    from components.cad.model import load_model
    from components.common.pictures import use_one_thread

    use_one_thread()
    model = load_model(folder / "onnx")
    taken = []
    for picture in pictures:
        began = time.perf_counter()
        model.run(_inputs([_crops(picture, model.crops)]))
        taken.append(time.perf_counter() - began)
    return float(np.median(taken))


def _crops(picture: bytes, sizes: Sequence[int]) -> dict[int, np.ndarray]:
    from components.common.pictures import as_recorded, prepare

    return {size: as_recorded(crop) for size, crop in prepare(picture, sizes).crops.items()}


def _inputs(batch: Sequence[dict[int, np.ndarray]]) -> dict[str, np.ndarray]:
    from components.common import demographics
    from components.common.onnx_ensemble import inputs_of

    return inputs_of(
        {size: np.stack([crops[size] for crops in batch]) for size in batch[0]},
        np.stack([demographics.MISSING] * len(batch)),
    )


def _form(picture: bytes) -> bytes:
    head = b'\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n'
    return b"--" + _BOUNDARY + head + picture + b"\r\n--" + _BOUNDARY + b"--\r\n"


def _ask(line: http.client.HTTPConnection, body: bytes) -> None:
    line.request("POST", "/v1/predict", body, {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY.decode()}"})
    answer = line.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {text[:500]!r}")


def _ready(port: int) -> bool:
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        line.request("GET", "/readyz")
        return line.getresponse().status == 200
    except OSError:
        return False
