import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import RegistryError, SettingsError
from components.common.registry_address import parse_address
from components.register.candidate import Candidate
from components.register.connecting import connect
from components.register.kubeflow_registry import KubeflowRegistry
from components.register.registration import register
from components.register.rolling_back import Record, roll_back
from tests.register.conftest import RULES
from tests.register.kubeflow_server import KubeflowServer

NAME = "skin"

Make = Callable[..., Candidate]


@pytest.fixture
def server() -> KubeflowServer:
    return KubeflowServer()


@pytest.fixture
def registry(server: KubeflowServer) -> Iterator[KubeflowRegistry]:
    with server.running() as address:
        yield KubeflowRegistry(parse_address(address))


def aliases(registry: KubeflowRegistry) -> list[str]:
    return [version.alias for version in registry.versions(NAME, {})]


def test_the_better_takes_the_alias_and_the_worse_is_challenger(registry: KubeflowRegistry, candidate: Make) -> None:
    for skill in (0.3, 1.0, 0.5):
        register(registry, NAME, candidate(skill), RULES)

    assert aliases(registry) == ["", "champion", "challenger"]
    assert "it beats the champion" in registry.holder(NAME, "champion").reason
    assert "it does not beat the champion" in registry.holder(NAME, "challenger").reason


def test_the_same_twice_changes_nothing(registry: KubeflowRegistry, server: KubeflowServer, candidate: Make) -> None:
    register(registry, NAME, candidate(0.3), RULES)
    asked = len(server.asked)

    second = register(registry, NAME, candidate(0.3), RULES)

    assert second.reason.startswith("registered before, so nothing changed")
    assert all(request.startswith("GET") for request in server.asked[asked:])


def test_a_version_names_its_files_and_holds_card_figures_and_origin(
    registry: KubeflowRegistry, server: KubeflowServer, candidate: Make
) -> None:
    model = candidate(1.0)

    created = registry.create_version(NAME, model)

    (artifact,) = server.lists[f"model_versions/{created.version}/artifacts"]
    assert (artifact["artifactType"], artifact["uri"]) == ("model-artifact", "gs://bucket/onnx_model")
    assert server.lists["registered_models/1/versions"][0]["description"].startswith("# Skin-lesion classifier")
    assert model.tags().items() <= created.tags.items()
    assert created.tags["test_macro_auc"] == "0.9000 0.8500 0.9500"
    assert created.tags["setting: epochs"] == "15"
    pd.testing.assert_frame_equal(registry.test_predictions(created), model.predictions)


def test_the_figures_come_back_without_their_intervals(registry: KubeflowRegistry, candidate: Make) -> None:
    made = candidate(0.5)
    version = registry.create_version(NAME, made)
    first = made.figures.iloc[0]
    assert registry.figures(version)[f"test_{first.figure}"] == pytest.approx(first.value, abs=1e-4)


def test_a_champion_whose_predictions_are_gone_stays(registry: KubeflowRegistry, candidate: Make) -> None:
    first = candidate(0.3)
    register(registry, NAME, first, RULES)
    shutil.rmtree(Path(first.provenance.predictions_uri))

    registration = register(registry, NAME, candidate(1.0), RULES)

    assert registration.alias == "challenger"
    assert "registered without its test predictions" in registration.reason


def test_more_versions_than_a_page_holds_are_found(registry: KubeflowRegistry, candidate: Make) -> None:
    for skill in (0.1, 0.2, 0.3, 0.4, 0.5):
        registry.create_version(NAME, candidate(skill))

    assert len(registry.versions(NAME, {})) == 5


def test_it_rolls_back(registry: KubeflowRegistry, candidate: Make) -> None:
    for skill in (0.3, 1.0):
        register(registry, NAME, candidate(skill), RULES)

    roll_back(registry, NAME, None, Record("a doctor", "a test", "now"))

    assert aliases(registry) == ["champion", ""]


@pytest.mark.parametrize("failing", ["POST artifacts", "PATCH model_versions", "PATCH registered_models"])
def test_what_an_error_cuts_off_leaves_the_champion_and_a_rerun_completes_it(
    registry: KubeflowRegistry, server: KubeflowServer, candidate: Make, failing: str
) -> None:
    register(registry, NAME, candidate(0.3), RULES)
    method, part = failing.split()
    server.fails = lambda asked, path: 500 if asked == method and part in path else None

    with pytest.raises(RegistryError, match="as the test wants it"):
        register(registry, NAME, candidate(1.0), RULES)

    assert registry.holder(NAME, "champion").reason.startswith("there was no champion")
    server.fails = lambda asked, path: None
    assert register(registry, NAME, candidate(1.0), RULES).alias == "champion"
    assert len(server.lists["registered_models/1/versions"]) == 2
    assert sum(len(listed) for path, listed in server.lists.items() if path.endswith("artifacts")) == 2


def test_a_busy_registry_is_asked_again(registry: KubeflowRegistry, server: KubeflowServer, candidate: Make) -> None:
    statuses = iter([503, None, 429])
    server.fails = lambda method, path: next(statuses, None)

    assert register(registry, NAME, candidate(1.0), RULES).alias == "champion"


def test_a_token_is_read_from_the_file_that_the_environment_names(
    server: KubeflowServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.token = "secret"
    (tmp_path / "token").write_text("secret\n")
    with server.running() as address:
        with pytest.raises(RegistryError, match="who are you.*a valid token in KF_PIPELINES_SA_TOKEN_PATH"):
            connect(parse_address(address)).versions(NAME, {})

        monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "token"))
        assert connect(parse_address(address)).versions(NAME, {}) == []

    monkeypatch.setenv("KF_PIPELINES_SA_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(SettingsError, match="KF_PIPELINES_SA_TOKEN_PATH: cannot read the token"):
        connect(parse_address(address))


def test_a_registry_that_is_down_or_silent_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = parse_address(f"kubeflow+http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(RegistryError, match="GET /registered_model: .*timed out.*check the address"):
            KubeflowRegistry(address, timeout=(0.2, 0.2)).versions(NAME, {})
    with pytest.raises(RegistryError, match="refused"):
        KubeflowRegistry(address, timeout=(0.2, 0.2)).versions(NAME, {})
