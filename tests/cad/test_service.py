import shutil
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest

from components.cad.settings import CadSettings
from components.cad.sources import FolderSource, Release
from components.common.files import sha256
from tests.cad.conftest import write_served
from tests.cad.pictures import jpeg
from tests.cad.server import Server, serving, until
from tests.robustness.conftest import describe


def another_model(folder: Path, model: Path) -> Path:
    """The same with other weights."""
    shutil.copytree(model, folder)
    changed = onnx.load(folder / "ensemble.onnx")
    for tensor in changed.graph.initializer:
        if tensor.name == "member_2_dense":
            tensor.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(tensor), tensor.name))
    onnx.save(changed, folder / "ensemble.onnx")
    describe(folder, malignant_threshold=0.4, abstain_threshold=0.2)
    return folder


def test_another_model_is_served_without_a_request_lost(model: Path, settings: CadSettings, tmp_path: Path) -> None:
    place, other = tmp_path / "model", another_model(tmp_path / "other", model)
    shutil.copytree(model, place)
    first, second = sha256(place / "ensemble.onnx"), sha256(other / "ensemble.onnx")
    polled = replace(settings, records=f"sqlite:///{tmp_path}/records.db", poll_seconds=0.1)
    answers: list[tuple[int, str]] = []
    stop = threading.Event()

    with serving(FolderSource(place, "skin"), polled) as server:

        def ask() -> None:
            while not stop.is_set():
                answer = server.predict(jpeg(side=64))
                answers.append((answer.status_code, answer.json()["model"]["digest"]))

        callers = [threading.Thread(target=ask) for _ in range(3)]
        for caller in callers:
            caller.start()
        until(lambda: len(answers) > 10)
        replaced = weakref.ref(_batcher(server))
        for name in ("ensemble.onnx", "model.json"):
            (other / name).replace(place / name)
        until(lambda: (200, second) in answers)
        stop.set()
        for caller in callers:
            caller.join()
        until(lambda: replaced() is None)  # its model's memory is free again

    assert {status for status, _ in answers} == {200}
    assert {digest for _, digest in answers} == {first, second}


def test_a_broken_model_does_not_take_the_served_ones_place(model: Path, settings: CadSettings, tmp_path: Path) -> None:
    place = tmp_path / "model"
    shutil.copytree(model, place)
    polled = replace(settings, records=f"sqlite:///{tmp_path}/records.db", poll_seconds=0.05)

    with serving(FolderSource(place, "skin"), polled) as server:
        (place / "ensemble.onnx").write_bytes(b"no model")
        describe(place, malignant_threshold=0.4, abstain_threshold=0.2)
        until(lambda: 'cad_model_loads_total{outcome="failed"}' in server.get("/metrics").text)
        assert server.predict(jpeg()).status_code == 200


def test_a_model_that_comes_later_is_served_then(model: Path, settings: CadSettings, tmp_path: Path) -> None:
    polled = replace(settings, records=f"sqlite:///{tmp_path}/records.db", poll_seconds=0.05)

    with serving(FolderSource(tmp_path / "model", "skin"), polled) as server:
        assert server.get("/readyz").status_code == 503
        shutil.copytree(model, tmp_path / "model")
        until(lambda: server.get("/readyz").status_code == 200)
        assert server.predict(jpeg()).status_code == 200


class StrangeSource(FolderSource):
    """Fails at first, in no way that was foreseen."""

    asked = 0

    def current(self) -> Release:
        self.asked += 1
        if self.asked == 1:
            raise ZeroDivisionError("strange")
        return super().current()


def test_a_failure_that_nobody_foresaw_does_not_keep_the_service_from_starting(
    model: Path, settings: CadSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    polled = replace(settings, records=f"sqlite:///{tmp_path}/records.db", poll_seconds=0.05)

    with serving(StrangeSource(model, "skin"), polled) as server:
        until(lambda: server.get("/readyz").status_code == 200)

    assert "ZeroDivisionError: strange" in caplog.text


def test_the_card_beside_the_model_is_shown(start: Callable[..., Server], tmp_path: Path) -> None:
    folder = write_served(tmp_path / "with card")
    (folder / "model_card.md").write_text("# The card", encoding="utf-8")

    assert start(folder=folder).get("/v1/model").json()["card"] == "# The card"


@pytest.mark.parametrize("threshold", ["malignant_threshold", "abstain_threshold"])
def test_a_model_without_a_threshold_is_not_served(
    start: Callable[..., Server], tmp_path: Path, threshold: str, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(folder=write_served(tmp_path / "model", **{threshold: None}))

    assert server.get("/readyz").status_code == 503
    assert "lacks a threshold" in caplog.text


def test_requests_end_before_the_service_does(model: Path, settings: CadSettings, tmp_path: Path) -> None:
    answered: list[int] = []
    with serving(FolderSource(model, "skin"), replace(settings, records=f"sqlite:///{tmp_path}/r.db")) as server:
        compute = (batcher := _batcher(server))._compute
        begun = threading.Event()

        def slow(inputs: dict[str, np.ndarray]) -> object:
            begun.set()
            time.sleep(0.3)
            return compute(inputs)

        batcher._compute = slow
        caller = threading.Thread(target=lambda: answered.append(server.predict(jpeg()).status_code))
        caller.start()
        assert begun.wait(10)
    caller.join()

    assert answered == [200]


def _batcher(server: Server) -> object:
    with server.app.state.cad.service.using() as served:
        return served.batcher
