import json
from collections.abc import Callable

import pytest

from components.common.errors import RegistryError, SettingsError
from components.register.candidate import Candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.registration import register
from components.register.rolling_back import Record, roll_back
from tests.register.conftest import RULES

Make = Callable[..., Candidate]

RECORD = Record("a doctor", "misses melanomas on dark skin", "2026-01-02T03:04:05+00:00")


@pytest.fixture
def registered(embedded: MlflowRegistry, name: str, candidate: Make) -> str:
    """A model whose versions 1 and 2 were champion before version 3."""
    for skill in (0.1, 0.4, 1.0):
        assert register(embedded, name, candidate(skill), RULES).alias == "champion"
    return name


def champion(registry: MlflowRegistry, name: str) -> str:
    return registry.holder(name, "champion").version


def test_the_former_champion_is_champion_again(embedded: MlflowRegistry, registered: str) -> None:
    before, now = roll_back(embedded, registered, None, RECORD)

    assert (before.version, now.version) == ("3", "2")
    assert champion(embedded, registered) == "2"


def test_who_why_and_when_is_noted_on_both(embedded: MlflowRegistry, registered: str) -> None:
    roll_back(embedded, registered, None, RECORD)

    _, second, third = embedded.versions(registered, {})
    noted = {"by": "a doctor", "why": "misses melanomas on dark skin", "when": "2026-01-02T03:04:05+00:00"}
    assert json.loads(third.tags["withdrawn"]) == {**noted, "to": "2"}
    assert json.loads(second.tags["reinstated"]) == {**noted, "from": "3"}


def test_it_goes_back_step_by_step_and_no_further_than_the_first(embedded: MlflowRegistry, registered: str) -> None:
    roll_back(embedded, registered, None, RECORD)
    roll_back(embedded, registered, None, RECORD)

    assert champion(embedded, registered) == "1"
    with pytest.raises(RegistryError, match="version 1, took no other champion's place: name the version to go to"):
        roll_back(embedded, registered, None, RECORD)


def test_to_a_named_version_it_can_be_repeated_and_undone(embedded: MlflowRegistry, registered: str) -> None:
    for _ in range(2):
        roll_back(embedded, registered, "1", RECORD)
        assert champion(embedded, registered) == "1"
    assert ["withdrawn" in version.tags for version in embedded.versions(registered, {})] == [False, True, True]

    roll_back(embedded, registered, "3", RECORD)

    assert champion(embedded, registered) == "3"
    assert "withdrawn" not in embedded.holder(registered, "champion").tags


def test_what_was_rolled_back_does_not_come_back_and_the_next_better_one_need_not_beat_it(
    embedded: MlflowRegistry, registered: str, candidate: Make
) -> None:
    roll_back(embedded, registered, "1", RECORD)

    assert register(embedded, registered, candidate(1.0), RULES).alias == "none"
    assert register(embedded, registered, candidate(0.6), RULES).alias == "champion"


def test_a_version_that_failed_its_gates_is_refused(embedded: MlflowRegistry, registered: str, candidate: Make) -> None:
    register(embedded, registered, candidate(1.2, macro_auc=0.4), RULES)

    with pytest.raises(RegistryError, match="version 4, did not pass its gates: such a version is never made champion"):
        roll_back(embedded, registered, "4", RECORD)

    assert champion(embedded, registered) == "3"


def test_a_version_that_there_is_none_of_is_refused(embedded: MlflowRegistry, registered: str) -> None:
    with pytest.raises(RegistryError, match="has no version '7', only 1, 2, 3"):
        roll_back(embedded, registered, "7", RECORD)


def test_without_a_champion_there_is_nothing_to_roll_back(embedded: MlflowRegistry) -> None:
    with pytest.raises(RegistryError, match="the model 'unheard of' has no champion"):
        roll_back(embedded, "unheard of", None, RECORD)


@pytest.mark.parametrize("empty", ["by", "why"])
def test_it_must_be_said_who_and_why(empty: str) -> None:
    with pytest.raises(SettingsError, match=f"{empty} is empty"):
        Record(**{"by": "a doctor", "why": "for a reason", "when": "", empty: " "})
