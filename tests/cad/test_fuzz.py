"""What comes in is damaged in every way: the service answers, and holds no memory of it."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests

from tests.cad.pictures import damaged, damaged_picture, jpeg
from tests.cad.process import running
from tests.cad.server import Server

MOST_GROWTH = 64_000_000
"""Bytes by which the process may grow in 9,000 requests, after the first 1,000."""

_FIELDS = {"age": "50", "sex": "male", "site": "torso", "lesion_id": "left"}


def damaged_requests(first: int, last: int) -> Iterator[dict[str, Any]]:
    """Of four, two send a damaged picture, one a damaged form, one damaged JSON."""
    form = requests.Request("POST", "http://x/", files={"image": ("x", jpeg(1, 48))}, data=_FIELDS).prepare()
    plain = requests.Request("POST", "http://x/", json={"images": ["iVBORw0KGgo="], **_FIELDS, "age": 50}).prepare()
    for seed in range(first, last):
        random = np.random.default_rng(seed)
        if seed % 4 < 2:
            yield {"files": {"image": ("x", damaged_picture(seed // 4 * 2 + seed % 4))}}
        else:
            whole = form if seed % 4 == 2 else plain
            body = whole.body if isinstance(whole.body, bytes) else str(whole.body).encode()
            yield {"data": damaged(body, random), "headers": {"Content-Type": whole.headers["Content-Type"]}}


def told(address: str, first: int, last: int) -> Counter[str]:
    """How often each code was told, or that a request was answered."""
    codes: Counter[str] = Counter()
    with requests.Session() as session:
        for request in damaged_requests(first, last):
            answer = session.post(f"{address}/v1/predict", timeout=30, **request)
            assert answer.status_code < 500, (answer.text, request)
            codes[answer.json().get("code", "answered")] += 1
    return codes


def test_damaged_pictures_and_forms_are_answered(server: Server) -> None:
    codes = told(server.address, 0, 80)

    assert {"answered", "undecodable_image", "malformed_request"} <= set(codes)


@pytest.mark.slow
def test_ten_thousand_of_them_leave_no_memory_behind(model: Path, tmp_path: Path) -> None:
    serve = ("--onnx-model", model, "--records", f"sqlite:///{tmp_path}/records.db", "--requests-per-minute", 0)
    with running(tmp_path / "log", *serve) as (process, address):
        codes = told(address, 0, 1000)
        before = resident(process.pid)
        codes += told(address, 1000, 10_000)
        grown = resident(process.pid) - before

    assert codes.total() == 10_000
    assert grown < MOST_GROWTH, f"{grown / 1e6:.1f} MB more after {dict(codes)}"


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    match = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert match
    return 1024 * int(match[1])
