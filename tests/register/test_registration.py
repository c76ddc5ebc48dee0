import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from components.common.errors import RegistryError
from components.common.registry_address import parse_address
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.registration import register
from components.register.registry import Version
from tests.register import processes
from tests.register.conftest import RULES, free_port, kill_server, start_server

Make = Callable[..., Candidate]


def champion(registry: MlflowRegistry, name: str) -> str | None:
    version = registry.holder(name, "champion")
    return version.version if version else None


def test_the_first_is_champion(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    model = candidate(0.3)

    registration = register(embedded, name, model, RULES)

    assert (registration.name, registration.version, registration.alias) == (name, "1", "champion")
    assert registration.digest == model.digest
    assert registration.registry == embedded.uri
    assert champion(embedded, name) == "1"


def test_a_better_one_takes_the_alias(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    register(registry, name, candidate(0.3), RULES)

    registration = register(registry, name, candidate(1.0), RULES)

    assert (registration.version, registration.alias) == ("2", "champion")
    assert "it beats the champion" in registration.reason
    assert champion(registry, name) == "2"


def test_a_worse_one_is_challenger(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    register(embedded, name, candidate(1.0), RULES)

    registration = register(embedded, name, candidate(0.3), RULES)

    assert (registration.version, registration.alias) == ("2", "challenger")
    assert "it does not beat the champion" in registration.reason
    assert champion(embedded, name) == "1"


def test_the_same_twice_is_registered_once(registry: MlflowRegistry, name: str, candidate: Make) -> None:
    first = register(registry, name, candidate(0.3), RULES)

    second = register(registry, name, candidate(0.3), RULES)
    third = register(registry, name, candidate(1.0), RULES)

    assert (second.version, second.alias) == ("1", "champion")
    assert second.reason == f"registered before, so nothing changed; the reason then: {first.reason}"
    assert third.version == "2"


def test_a_former_champion_that_comes_again_has_no_alias(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    register(embedded, name, candidate(0.3), RULES)
    register(embedded, name, candidate(1.0), RULES)

    registration = register(embedded, name, candidate(0.3), RULES)

    assert (registration.version, registration.alias) == ("1", "none")
    assert champion(embedded, name) == "2"


def test_another_test_split_keeps_the_champion(embedded: MlflowRegistry, name: str, candidate: Make) -> None:
    register(embedded, name, candidate(0.3), RULES)

    registration = register(embedded, name, candidate(1.0, first=1000), RULES)

    assert (registration.version, registration.alias) == ("2", "challenger")
    assert "share 0 test images" in registration.reason
    assert champion(embedded, name) == "1"


def test_without_the_gate_there_is_no_champion_until_one_passes(
    embedded: MlflowRegistry, name: str, candidate: Make
) -> None:
    failed = register(embedded, name, candidate(1.0, macro_auc=None), RULES)
    assert (failed.version, failed.alias) == ("1", "challenger")
    assert champion(embedded, name) is None

    passed = register(embedded, name, candidate(0.3), RULES)
    assert (passed.version, passed.alias) == ("2", "champion")


@pytest.mark.parametrize(
    ("dies_after", "champion_then"),
    [
        ("runs/create", "1"),
        ("ensemble.onnx", "1"),
        ("model-versions/create", "1"),
        ('"predecessor"', "1"),
        ("registered-models/alias", "2"),
    ],
    ids=["before the upload", "while uploading", "before the decision", "before the alias", "before the note"],
)
def test_a_kill_leaves_one_whole_champion_and_a_rerun_completes_it(
    server: str, name: str, candidate: Make, dies_after: str, champion_then: str
) -> None:
    registry = MlflowRegistry(parse_address(server))
    register(registry, name, candidate(0.3), RULES)

    process = processes.start(server, name, candidate(1.0), dies_after=dies_after)
    process.join()

    assert process.exitcode == -signal.SIGKILL
    assert champion(registry, name) == champion_then
    registration = register(registry, name, candidate(1.0), RULES)
    assert (registration.version, registration.alias) == ("2", "champion")
    assert "it beats the champion, version 1" in registration.reason
    assert registry.holder(name, "champion").settled
    assert len(registry._client.search_model_versions(f"name = '{name}'")) == 2


def test_a_claim_of_a_run_that_was_killed_counts_and_is_taken_back_when_it_came_to_nothing(
    embedded: MlflowRegistry, name: str, candidate: Make
) -> None:
    register(embedded, name, candidate(0.3), RULES)
    killed = embedded.create_version(name, candidate(1.0))
    embedded.tag(killed, {"predecessor": "1"})

    other = register(embedded, name, candidate(0.6), RULES)
    assert (other.version, other.alias) == ("3", "challenger")
    assert "it does not beat the champion, version 2" in other.reason
    assert champion(embedded, name) == "2"
    assert "predecessor" not in embedded.versions(name, {})[2].tags

    assert register(embedded, name, candidate(1.0), RULES).alias == "champion"


def test_a_server_that_is_killed_leaves_the_champion_and_when_it_is_back_a_rerun_completes_it(
    embedded: MlflowRegistry, tmp_path: Path, name: str, candidate: Make
) -> None:
    shutil.copy(embedded.uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    port = free_port()
    process, address = start_server(tmp_path, port)
    registry = MlflowRegistry(parse_address(address))
    register(registry, name, candidate(0.3), RULES)
    giving = registry.give_alias

    def killing(version: Version, alias: str) -> None:
        kill_server(process)
        giving(version, alias)

    registry.give_alias = killing
    with pytest.raises(RegistryError, match="check the address and that the registry is up; then run the stage again"):
        register(registry, name, candidate(1.0), RULES)

    process, address = start_server(tmp_path, port)
    try:
        registry = MlflowRegistry(parse_address(address))
        assert champion(registry, name) == "1"
        assert register(registry, name, candidate(1.0), RULES).alias == "champion"
        assert champion(registry, name) == "2"
    finally:
        kill_server(process)


@pytest.fixture(params=["embedded", "server"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of either kind of registry; the embedded one is a copy, which this process has not opened."""
    if request.param == "server":
        return request.getfixturevalue("server")
    shutil.copy(request.getfixturevalue("embedded").uri.removeprefix("sqlite:///"), tmp_path / "mlflow.db")
    return str(tmp_path)


ROUNDS = 2


def test_of_two_registrations_at_once_the_better_is_the_one_champion(address: str, name: str, candidate: Make) -> None:
    barrier = processes.context.Barrier(2)
    for turn in range(ROUNDS):
        both = [processes.start(address, f"{name}-{turn}", candidate(skill), barrier=barrier) for skill in (1.0, 0.3)]
        for process in both:
            process.join()
        assert [process.exitcode for process in both] == [0, 0]

    registry = MlflowRegistry(parse_address(address))
    for turn in range(ROUNDS):
        better, worse = (
            registry.versions(f"{name}-{turn}", {"digest": candidate(skill).digest})[0] for skill in (1.0, 0.3)
        )
        assert registry.holder(f"{name}-{turn}", "champion") == better
        assert better.settled
        assert worse.settled


def test_two_registrations_of_one_file_at_once_make_one_version(address: str, name: str, candidate: Make) -> None:
    barrier = processes.context.Barrier(2)
    for turn in range(ROUNDS):
        both = [processes.start(address, f"{name}-{turn}", candidate(1.0), barrier=barrier) for _ in range(2)]
        for process in both:
            process.join()
        assert [process.exitcode for process in both] == [0, 0]

    registry = MlflowRegistry(parse_address(address))
    for turn in range(ROUNDS):
        versions = registry._client.search_model_versions(f"name = '{name}-{turn}'")
        assert [str(version.version) for version in versions] == [registry.holder(f"{name}-{turn}", "champion").version]
