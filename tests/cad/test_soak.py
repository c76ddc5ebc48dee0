"""Ten minutes under load: the service holds no more at the end than once it was warm."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from tests.cad.pictures import dicom, encoded, jpeg
from tests.cad.process import patient_session, running
from tests.cad.watched import Holds, holds
from tests.robustness.conftest import lesion

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

CALLERS = 4
WARM_SECONDS, SECONDS = 120, 600
EVERY = 2.0

MOST_BYTES, MOST_THREADS, MOST_HANDLES = 32_000_000, 2, 8
"""By which the median of the last minute may exceed that of the first."""


def calls(address: str) -> list[Callable[[requests.Session], requests.Response]]:
    """What callers do, in turn: photos of every kind, several at once, one that is damaged, records, feedback."""
    big = lesion(2, 1500)
    photos = [jpeg(1, 600), encoded(big, "JPEG"), encoded(big, "PNG", compress_level=1), encoded(big, "WEBP"),
              encoded(big[:700], "TIFF"), dicom(big[:800], PatientAge="040Y")]  # fmt: skip

    def predict(*some: bytes, query: str = "") -> Callable[[requests.Session], requests.Response]:
        files = [("image", ("x", one)) for one in some]
        return lambda session: session.post(f"{address}/v1/predict{query}", files=files, data={"age": 40}, timeout=60)

    def feedback(session: requests.Session) -> requests.Response:
        last = session.get(f"{address}/v1/predictions?limit=1", timeout=60).json()["predictions"]
        found: dict[str, Any] = {"label": "NV", "source": "histology"}
        request_id = last[0]["request_id"] if last else "none"
        return session.post(f"{address}/v1/predictions/{request_id}/feedback", json=found, timeout=60)

    return [
        *(predict(photo) for photo in photos),
        predict(*photos[:4], query="?heatmaps=true"),
        predict(photos[0][:5000]),
        predict(b"nothing"),
        feedback,
        *(
            lambda session, path=path: session.get(address + path, timeout=60)
            for path in ("/", "/v1/model", "/metrics")
        ),
    ]


def got(address: str, session: requests.Session) -> requests.Response:
    return session.get(address, timeout=60)


def load(address: str, stop: threading.Event) -> Counter[int]:
    """Call until it is time to stop; how often each status was told."""
    every = calls(address)
    numbers = itertools.count()

    def call(_: int) -> Counter[int]:
        told: Counter[int] = Counter()
        while not stop.is_set():
            with patient_session() as session:  # a line is kept for some requests, as browsers do
                for _ in range(20):
                    told[every[next(numbers) % len(every)](session).status_code] += 1
        return told

    with ThreadPoolExecutor(CALLERS) as callers:
        return sum(callers.map(call, range(CALLERS)), Counter())


def watched(pid: int, seconds: float) -> list[Holds]:
    """What a process holds, every now and then."""
    until, seen = time.monotonic() + seconds, []
    while time.monotonic() < until:
        seen.append(holds(pid))
        time.sleep(EVERY)
    return seen


def median(seen: Sequence[Holds], what: str) -> float:
    return float(np.median([getattr(one, what) for one in seen]))


def test_ten_minutes_under_load_leave_nothing_behind(
    model: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    record_testsuite_property: Callable[[str, object], None],
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    serve = ("--onnx-model", model, "--records", f"sqlite:///{tmp_path}/records.db", "--requests-per-minute", 0)
    stop = threading.Event()
    with running(tmp_path / "log", *serve) as (process, address), ThreadPoolExecutor(1) as beside:
        loaded = beside.submit(load, address, stop)
        try:
            watched(process.pid, WARM_SECONDS)
            files = len(list(temporary.rglob("*")))
            seen = watched(process.pid, SECONDS)
        finally:
            stop.set()
        told = loaded.result()
        more_files = len(list(temporary.rglob("*"))) - files

    minute = int(60 / EVERY)
    first, last = seen[:minute], seen[-minute:]
    grown = {what: median(last, what) - median(first, what) for what in ("bytes", "threads", "handles")}
    record_testsuite_property("soak", {"told": dict(told), "first": first[0], "last": last[-1], "grown": grown})
    assert not [status for status in told if status >= 500], told
    assert grown["bytes"] < MOST_BYTES, grown
    assert grown["threads"] <= MOST_THREADS, grown
    assert grown["handles"] <= MOST_HANDLES, grown
    assert more_files == 0
