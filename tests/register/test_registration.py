from collections.abc import Callable

import pytest

from components.register.candidate import Candidate
from components.register.decision import Decision
from components.register.mlflow_registry import MlflowRegistry
from components.register.registration import register
from components.register.registry import Version
from components.register.settings import parse_address
from tests.register.conftest import RULES

Make = Callable[..., Candidate]


class KilledBeforeItsAlias(MlflowRegistry):
    """A registry whose client dies once the version is created."""

    def settle(self, version: Version, decision: Decision, champion: Version | None) -> Version:
        raise KeyboardInterrupt


class KilledBeforeItsNote(MlflowRegistry):
    """A registry whose client dies once the alias is given."""

    def settle(self, version: Version, decision: Decision, champion: Version | None) -> Version:
        self._client.set_model_version_tag(version.name, version.version, "reason", decision.reason)
        self._client.set_registered_model_alias(version.name, decision.alias, version.version)
        raise KeyboardInterrupt


def champion(registry: MlflowRegistry, name: str) -> str | None:
    version = registry.champion(name)
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


def test_a_kill_before_the_alias_keeps_the_champion_and_a_rerun_completes_it(
    server: str, name: str, candidate: Make
) -> None:
    registry = MlflowRegistry(parse_address(server))
    register(registry, name, candidate(0.3), RULES)
    with pytest.raises(KeyboardInterrupt):
        register(KilledBeforeItsAlias(parse_address(server)), name, candidate(1.0), RULES)
    assert champion(registry, name) == "1"

    registration = register(registry, name, candidate(1.0), RULES)

    assert (registration.version, registration.alias) == ("2", "champion")
    assert champion(registry, name) == "2"


def test_a_kill_after_the_alias_leaves_the_new_champion_and_a_rerun_notes_the_end(
    server: str, name: str, candidate: Make
) -> None:
    registry = MlflowRegistry(parse_address(server))
    register(registry, name, candidate(0.3), RULES)
    with pytest.raises(KeyboardInterrupt):
        register(KilledBeforeItsNote(parse_address(server)), name, candidate(1.0), RULES)
    assert champion(registry, name) == "2"

    registration = register(registry, name, candidate(1.0), RULES)

    assert (registration.version, registration.alias) == ("2", "champion")
    assert "it beats the champion" in registration.reason
    assert registry.champion(name).settled
