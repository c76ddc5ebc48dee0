"""What comes in is damaged in every way: the service answers, and holds no memory of it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import requests

from tests.cad.damage.binary_tensors import damaged_tensors
from tests.cad.damage.damaged import Damaged
from tests.cad.damage.forms import FORM, damaged_form, file, form_of
from tests.cad.damage.json_bodies import damaged_json
from tests.cad.damage.pictures import damaged_picture
from tests.cad.process import patient_session, running
from tests.cad.server import Server
from tests.cad.watched import holds

CALLERS = 4

MOST_GROWTH = 64_000_000
"""Bytes by which the process may grow from the 2,000th request to the 20,000th."""


def damaged_request(seed: int) -> Damaged:
    """Of twenty: ten damaged pictures, six forms, three of JSON, one of binary tensors."""
    random = np.random.default_rng(seed)
    if seed % 10 < 5:
        what, picture = damaged_picture(random)
        return Damaged(what, form_of([file(picture)]), FORM)
    if seed % 10 < 8:
        return damaged_form(random)
    return damaged_tensors(random) if seed % 20 == 19 else damaged_json(random)


def told(address: str, first: int, last: int) -> Counter[tuple[str, str]]:
    """How often what was wrong led to which status and code."""

    def some(start: int) -> Counter[tuple[str, str]]:
        found: Counter[tuple[str, str]] = Counter()
        with patient_session() as session:
            for seed in range(start, last, CALLERS):
                request = damaged_request(seed)
                answer = session.post(
                    address + request.path, data=request.body, headers=dict(request.headers), timeout=60
                )
                assert answer.status_code < 500, (seed, request.what, answer.text)
                found[request.what, _code(answer)] += 1
        return found

    with ThreadPoolExecutor(CALLERS) as callers:
        return sum(callers.map(some, range(first, first + CALLERS)), Counter())


def _code(answer: requests.Response) -> str:
    problem = answer.headers.get("content-type") == "application/problem+json"
    return f"{answer.status_code} {answer.json()['code'] if problem else ''}".strip()


def test_damaged_requests_are_answered(server: Server) -> None:
    codes = {code for _, code in told(server.address, 0, 300)}

    assert {"200", "400 malformed_request", "422 undecodable_image", "422 invalid_field"} <= codes


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_twenty_thousand_of_them_leave_no_memory_behind(
    model: Path, tmp_path: Path, record_testsuite_property: Callable[[str, object], None]
) -> None:
    serve = ("--onnx-model", model, "--model-name", "skin", "--records", f"sqlite:///{tmp_path}/records.db")
    with running(tmp_path / "log", *serve, "--requests-per-minute", 0) as (process, address):
        codes = told(address, 0, 2000)
        before = holds(process.pid).bytes
        codes += told(address, 2000, 20_000)
        after = holds(process.pid).bytes

    record_testsuite_property("answers", dict(codes))
    record_testsuite_property("bytes", (before, after))
    assert codes.total() == 20_000
    assert after - before < MOST_GROWTH, f"{(after - before) / 1e6:.1f} MB more after {dict(codes)}"
