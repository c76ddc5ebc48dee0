import http.server
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import mlflow.onnx
import numpy as np
import pandas as pd
import pytest

from components.common.errors import RegistryError
from components.register.candidate import Candidate
from components.register.decision import CHAMPION, Decision
from components.register.mlflow_registry import MlflowRegistry
from components.register.settings import parse_address

SECONDS_TO_GIVE_UP = 15

Make = Callable[..., Candidate]


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers 401 to everything."""

    def do_GET(self) -> None:
        self.send_response(401)
        self.end_headers()
        self.wfile.write(b"who are you?")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://user:secret@127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def silent() -> Iterator[str]:
    """A server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def _own_mlflow() -> Iterator[None]:
    """MLflow's own settings, put back after a test that follows a user's steps."""
    before = mlflow.get_tracking_uri()
    yield
    mlflow.set_tracking_uri(before)


def test_a_version_without_its_alias_is_found_unsettled(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(1.0)
    assert registry.find_by_digest(name, model.digest) is None

    created = registry.create_version(name, model)

    found = registry.find_by_digest(name, model.digest)
    assert found == created
    assert (found.alias, found.reason, found.settled) == ("", "", False)
    assert registry.champion(name) is None


def test_settling_gives_the_alias(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    created = registry.create_version(name, candidate(1.0))

    settled = registry.settle(created, Decision(CHAMPION, "it is the first"), None)

    assert (settled.alias, settled.reason, settled.settled) == ("champion", "it is the first", True)
    assert registry.champion(name) == settled


def test_the_test_predictions_come_back_as_they_went(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(1.0)

    version = registry.create_version(name, model)

    pd.testing.assert_frame_equal(registry.test_predictions(version), model.predictions)


def test_a_version_of_another_program_has_no_test_predictions(embedded: MlflowRegistry, name: str) -> None:
    embedded._client.create_registered_model(name)
    embedded._client.create_model_version(name, "/somewhere")
    embedded._client.set_registered_model_alias(name, CHAMPION, "1")

    assert embedded.test_predictions(embedded.champion(name)) is None


@pytest.mark.usefixtures("_own_mlflow")
def test_mlflow_loads_the_champion_and_the_very_bytes_are_kept(
    registry: MlflowRegistry, name: str, candidate: Make
) -> None:
    model = candidate(1.0)
    created = registry.create_version(name, model)
    registry.settle(created, Decision(CHAMPION, "it is the first"), None)

    mlflow.set_tracking_uri(registry.uri)
    loaded = mlflow.onnx.load_model(f"models:/{name}@champion")
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@champion"))
    answer = mlflow.pyfunc.load_model(f"models:/{name}@champion").predict({"pixels": np.ones((2, 4), np.float32)})

    assert [value.name for value in loaded.graph.output] == ["probabilities"]
    assert answer["probabilities"].shape == (2, 9)
    for file in ("ensemble.onnx", "members/B4.onnx", "model.json"):
        assert (folder / file).read_bytes() == (model.folder / file).read_bytes()


def test_a_version_carries_metrics_and_tags(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(1.0, macro_auc=None)

    embedded.create_version(name, model)

    held = embedded._client.get_model_version(name, "1")
    assert held.tags == {"digest": model.digest, "fingerprint": "f1e2"}
    assert embedded._client.get_run(held.run_id).data.metrics == {
        "test_accuracy": 0.7,
        "malignant_threshold": 0.35,
    }


def test_a_registry_that_is_down_is_reported_soon(free_port: int) -> None:
    registry = MlflowRegistry(parse_address(f"http://127.0.0.1:{free_port}"))
    start = time.monotonic()

    with pytest.raises(RegistryError, match=f"registry http://127.0.0.1:{free_port} failed: .*refused.*is up"):
        registry.find_by_digest("skin", "abc")

    assert time.monotonic() - start < SECONDS_TO_GIVE_UP


def test_a_registry_that_is_silent_is_reported_in_the_end(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    start = time.monotonic()

    with pytest.raises(RegistryError, match="timed out"):
        MlflowRegistry(parse_address(silent)).find_by_digest("skin", "abc")

    assert time.monotonic() - start < SECONDS_TO_GIVE_UP


def test_a_registry_that_refuses_says_how_to_give_credentials_and_keeps_the_password(refusing: str) -> None:
    with pytest.raises(RegistryError, match="who are you?.*set MLFLOW_TRACKING_TOKEN") as caught:
        MlflowRegistry(parse_address(refusing)).find_by_digest("skin", "abc")

    assert "secret" not in str(caught.value)


def test_an_upload_that_fails_registers_nothing(
    embedded: MlflowRegistry, tmp_path: Path, name: str, candidate: Make
) -> None:
    # A copy, for making MLflow's tables takes seconds.
    shutil.copy(embedded.uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    (tmp_path / "artifacts").write_text("a file where the folder should be")
    registry, model = MlflowRegistry(parse_address(str(tmp_path))), candidate(1.0)

    with pytest.raises(RegistryError, match="artifacts"):
        registry.create_version(name, model)

    assert registry.find_by_digest(name, model.digest) is None
    assert registry._client.search_registered_models(f"name = '{name}'") == []
    experiment = registry._client.get_experiment_by_name(name)
    assert [run.info.status for run in registry._client.search_runs([experiment.experiment_id])] == ["FAILED"]


@pytest.fixture
def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
