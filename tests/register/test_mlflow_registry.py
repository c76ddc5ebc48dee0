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
from components.common.reference import read_reference
from components.common.registry_address import parse_address
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.registry import CHAMPION
from tests.register.conftest import free_port

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


def test_a_version_is_found_by_its_tags(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(1.0)
    assert registry.versions(name, {"digest": model.digest}) == []

    created = registry.create_version(name, model)

    assert registry.versions(name, {"digest": model.digest, "gates": "passed"}) == [created]
    assert registry.versions(name, {"digest": model.digest, "gates": "failed"}) == []
    assert (created.alias, created.reason, created.settled) == ("", "", False)
    assert registry.holder(name, "champion") is None


def test_an_alias_leaves_the_version_that_had_it(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    first, second = registry.create_version(name, candidate(0.3)), registry.create_version(name, candidate(1.0))

    registry.give_alias(first, "champion")
    assert registry.holder(name, "champion").version == "1"
    registry.give_alias(second, "champion")

    assert [version.alias for version in registry.versions(name, {})] == ["", "champion"]


def test_tags_come_and_go(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    created = registry.create_version(name, candidate(1.0))

    registry.tag(created, {"reason": "it's the first", "settled": "true"})
    registry.untag(created, "settled")
    registry.untag(created, "settled")

    (found,) = registry.versions(name, {})
    assert (found.reason, found.settled) == ("it's the first", False)


def test_a_deleted_version_is_gone(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    created = registry.create_version(name, candidate(1.0))

    registry.delete_version(created)
    registry.delete_version(created)

    assert registry.versions(name, {}) == []


def test_the_test_predictions_come_back_as_they_went(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(1.0)

    version = registry.create_version(name, model)

    pd.testing.assert_frame_equal(registry.test_predictions(version), model.predictions)


def test_a_version_of_another_program_has_no_test_predictions(embedded: MlflowRegistry, name: str) -> None:
    embedded._client.create_registered_model(name)
    embedded._client.create_model_version(name, "/somewhere")
    embedded._client.set_registered_model_alias(name, CHAMPION, "1")

    assert embedded.test_predictions(embedded.holder(name, CHAMPION)) is None


@pytest.mark.usefixtures("_own_mlflow")
def test_mlflow_loads_the_champion_and_the_very_bytes_are_kept(
    registry: MlflowRegistry, name: str, candidate: Make
) -> None:
    model = candidate(1.0)
    created = registry.create_version(name, model)
    registry.give_alias(created, CHAMPION)

    mlflow.set_tracking_uri(registry.uri)
    loaded = mlflow.onnx.load_model(f"models:/{name}@champion")
    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}@champion"))
    answer = mlflow.pyfunc.load_model(f"models:/{name}@champion").predict({"pixels": np.ones((2, 4), np.float32)})

    assert [value.name for value in loaded.graph.output] == ["probabilities"]
    assert answer["probabilities"].shape == (2, 9)
    for file in ("ensemble.onnx", "members/B4.onnx", "model.json"):
        assert (folder / file).read_bytes() == (model.folder / file).read_bytes()


def test_a_version_carries_metrics_settings_tags_and_the_card(
    embedded: MlflowRegistry, name: str, candidate: Make, tmp_path: Path
) -> None:
    model = candidate(1.0, macro_auc=None)

    embedded.create_version(name, model)

    held = embedded._client.get_model_version(name, "1")
    assert held.tags == {
        "digest": model.digest,
        "fingerprint": "f1e2",
        "gates": "failed",
        "pipeline_run": "skin-lesion-1",
        "pipeline_run_id": "abc-def",
        "git_revision": "0123abc",
        "data_version": "7",
        "data_fingerprint": "d4da",
        "images": '{"train": "registry/train:1"}',
    }
    run = embedded._client.get_run(held.run_id).data
    assert run.metrics == {"test_accuracy": 0.7, "malignant_threshold": 0.35, "robustness_mean_corruption_error": 0.4}
    assert run.params == {"epochs": "15", "members": "[]"}
    embedded._client.download_artifacts(held.run_id, "model", str(tmp_path))
    assert held.description == (tmp_path / "model" / "model_card.md").read_text()
    assert read_reference(tmp_path / "model" / "reference.json") is not None


def test_the_figures_come_back(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    version = embedded.create_version(name, candidate(0.5, macro_auc=0.75))
    figures = embedded.figures(version)
    assert figures["test_macro_auc"] == 0.75
    assert figures["robustness_mean_corruption_error"] == 0.4


def test_a_registry_that_is_down_is_reported_soon() -> None:
    port = free_port()
    registry = MlflowRegistry(parse_address(f"http://127.0.0.1:{port}"))
    start = time.monotonic()

    with pytest.raises(RegistryError, match=f"registry http://127.0.0.1:{port} failed: .*refused.*is up"):
        registry.versions("skin", {"digest": "abc"})

    assert time.monotonic() - start < SECONDS_TO_GIVE_UP


def test_a_registry_that_is_silent_is_reported_in_the_end(silent: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    start = time.monotonic()

    with pytest.raises(RegistryError, match="timed out"):
        MlflowRegistry(parse_address(silent)).versions("skin", {"digest": "abc"})

    assert time.monotonic() - start < SECONDS_TO_GIVE_UP


def test_a_registry_that_refuses_says_how_to_give_credentials_and_keeps_the_password(refusing: str) -> None:
    with pytest.raises(RegistryError, match="who are you?.*set MLFLOW_TRACKING_TOKEN") as caught:
        MlflowRegistry(parse_address(refusing)).versions("skin", {"digest": "abc"})

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

    assert registry.versions(name, {}) == []
    assert registry._client.search_registered_models(f"name = '{name}'") == []
    experiment = registry._client.get_experiment_by_name(name)
    assert [run.info.status for run in registry._client.search_runs([experiment.experiment_id])] == ["FAILED"]
