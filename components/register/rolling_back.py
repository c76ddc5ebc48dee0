"""Taking the alias back from a champion that turned out badly.

Every version that became champion says whose place it took, so the former champions are a chain. What is passed over
is marked as withdrawn before the alias moves: a kill in between leaves the old champion, and the same command
completes it.
"""

import json
from dataclasses import asdict, dataclass

from components.common.errors import RegistryError, SettingsError
from components.register.registry import (
    CHAMPION,
    GATES,
    NONE,
    PASSED,
    PREDECESSOR,
    REINSTATED,
    SETTLED,
    WITHDRAWN,
    Registry,
    Version,
)


@dataclass(frozen=True)
class Record:
    """Who moved the alias back, why and when."""

    by: str
    why: str
    when: str
    """ISO 8601, with the time zone."""

    def __post_init__(self) -> None:
        for name in ("by", "why"):
            if not getattr(self, name).strip():
                raise SettingsError(f"{name} is empty: a later reader must learn who rolled back, and why")


def roll_back(registry: Registry, name: str, to: str | None, record: Record) -> tuple[Version, Version]:
    """Make the former champion, or the version named, champion.

    Args:
        registry: where.
        name: of the registered model.
        to: number of the version; None takes the former champion. Only with a number can the command be repeated.
        record: noted on the versions that are withdrawn, and on the one that is reinstated.

    Returns:
        The champion before, and now; the same version where `to` is champion already.

    Raises:
        RegistryError: there is no champion, no former one, no such version, or one that never may be champion; the
            registry is down or refuses.
    """
    versions = {version.version: version for version in registry.versions(name, {})}
    champion = registry.holder(name, CHAMPION)
    if champion is None:
        raise RegistryError(f"the model {name!r} has no champion in {registry.uri}: there is nothing to roll back")
    target = _named(name, to, versions) if to else _former(champion, versions)
    if target.version != champion.version:
        for passed_over in _passed_over(champion, target, versions):
            registry.tag(passed_over, {WITHDRAWN: json.dumps({**asdict(record), "to": target.version})})
        if PREDECESSOR not in target.tags:
            registry.tag(target, {PREDECESSOR: champion.version})
        registry.tag(target, {REINSTATED: json.dumps({**asdict(record), "from": champion.version})})
        registry.give_alias(target, CHAMPION)
    # A version that is champion again counts again.
    registry.untag(target, WITHDRAWN)
    return champion, target


def _former(champion: Version, versions: dict[str, Version]) -> Version:
    number = champion.tags.get(PREDECESSOR, NONE)
    if number == NONE:
        raise RegistryError(
            f"{champion.name}, version {champion.version}, took no other champion's place: name the version to go to"
        )
    if number not in versions:
        raise RegistryError(f"the former champion, version {number}, has been deleted: name the version to go to")
    return versions[number]


def _named(name: str, number: str, versions: dict[str, Version]) -> Version:
    if number not in versions:
        there = ", ".join(versions)
        raise RegistryError(f"the model {name!r} has no version {number!r}, only {there}: name one of these")
    target = versions[number]
    if SETTLED not in target.tags or target.tags.get(GATES) != PASSED:
        why = "did not pass its gates" if SETTLED in target.tags else "was not registered to the end by this pipeline"
        raise RegistryError(f"{name}, version {number}, {why}: such a version is never made champion")
    return target


def _passed_over(champion: Version, target: Version, versions: dict[str, Version]) -> list[Version]:
    """The champions after the target, the present one first; the present one alone where the target is none of them."""
    chain = [champion]
    while (number := chain[-1].tags.get(PREDECESSOR)) in versions and number not in [one.version for one in chain]:
        if number == target.version:
            return chain
        chain.append(versions[number])
    return [champion]
