import os
import signal
import sys
import threading
from pathlib import Path

import pytest
import requests

from components.cad.__main__ import main
from components.cad.records.records import open_records
from components.common.executor import run_stage
from tests.cad.pictures import jpeg
from tests.cad.process import command, running
from tests.cad.server import until


def predict(address: str) -> str:
    answer = requests.post(f"{address}/v1/predict", files={"image": ("x", jpeg(side=64))}, timeout=30)
    return str(answer.json()["request_id"])


def test_no_answer_is_lost_from_the_records_by_a_kill_in_the_midst(model: Path, tmp_path: Path) -> None:
    records = f"sqlite:///{tmp_path}/records.db"
    answered: list[str] = []
    serve = ("--onnx-model", model, "--records", records, "--requests-per-minute", 0, "--cores", 1)

    with running(tmp_path / "log", *serve) as (process, address):

        def ask() -> None:
            try:
                while True:
                    answered.append(predict(address))
            except (requests.RequestException, ValueError):
                return

        callers = [threading.Thread(target=ask) for _ in range(4)]
        for caller in callers:
            caller.start()
        until(lambda: len(answered) >= 30)
        os.kill(process.pid, signal.SIGKILL)
        for caller in callers:
            caller.join()

    kept = open_records(records)
    assert all(kept.get(request).prediction for request in answered)
    kept.close()


def test_a_service_told_to_stop_ends_well(model: Path, tmp_path: Path) -> None:
    serve = ("--onnx-model", model, "--records", f"sqlite:///{tmp_path}/r.db")
    with running(tmp_path / "log", *serve) as (process, address):
        predict(address)
        process.terminate()
        status = process.wait(60)

    assert status in (0, -signal.SIGTERM)
    assert "Traceback" not in (tmp_path / "log").read_text()


def browser_in(folder: Path) -> Path:
    """A browser that keeps what it is shown in the file `opened`."""
    browser, opened = folder / "browser", folder / "opened"
    browser.write_text(
        f"#!{sys.executable}\nimport os, sys, urllib.request\n"
        f"urllib.request.urlretrieve(sys.argv[1], '{opened}.part')\nos.rename('{opened}.part', '{opened}')\n"
    )
    browser.chmod(0o755)
    return browser


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_page_is_opened_once_it_is_served(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("BROWSER", str(browser_in(tmp_path)))
    serve = ("--onnx-model", model, "--records", f"sqlite:///{tmp_path}/r.db", "--host", host)

    with running(tmp_path / "log", *serve, "--open"):
        until((tmp_path / "opened").exists)

    assert "<html" in (tmp_path / "opened").read_text()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--host", "0.0.0.0"), "SettingsError: the service would listen on 0.0.0.0 and ask nobody"),
        (("--token-file", "/dev/null"), "SettingsError: the token file /dev/null is empty"),
        (("--token-file", "/nowhere"), "StorageError: cannot read the token file /nowhere"),
    ],
)
def test_a_wrong_argument_ends_it_with_one_line(
    tmp_path: Path,
    arguments: tuple[str, ...],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(sys, "argv", command("--onnx-model", tmp_path, "--records", "sqlite:///x.db", *arguments)[2:])

    with pytest.raises(SystemExit) as ended:
        run_stage(main)

    assert ended.value.code == 1
    assert message in caplog.text
