"""The order of a registration, such that a kill at any point leaves the old champion in place, or the new one whole.

Upload, create the version, decide, note the reason, move the alias, note the end. What a kill cuts off, the next run
does: it finds the version by the model's digest.
"""

import logging
from dataclasses import dataclass

from components.common.errors import RegistryError
from components.register.candidate import Candidate
from components.register.decision import CHALLENGER, CHAMPION, Champion, Decision, decide
from components.register.registry import Registry, Version
from components.register.settings import Rules

NO_ALIAS = "none"

# Each is lost only to another registration that was just then done.
_ATTEMPTS = 10

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registration:
    """Where a model is registered, and as what."""

    name: str
    version: str
    alias: str
    """`champion`, `challenger`, or `none` for a model registered before whose alias has gone to another."""
    reason: str
    digest: str
    """SHA-256 of `ensemble.onnx`, in hexadecimal."""
    registry: str


def register(registry: Registry, name: str, candidate: Candidate, rules: Rules) -> Registration:
    """Register a model under a name, once, and give it the alias that it has earned.

    Args:
        registry: where.
        name: of the registered model; made if it is new.
        candidate: the model.
        rules: when it takes the present champion's place.

    Raises:
        RegistryError: the registry is down or refuses.
    """
    version = registry.find_by_digest(name, candidate.digest)
    if version and version.settled:
        return _registration(
            registry, candidate, version, f"registered before, so nothing changed; the reason then: {version.reason}"
        )
    version, decision = _settle(registry, version or registry.create_version(name, candidate), candidate, rules)
    return _registration(registry, candidate, version, decision.reason)


def _settle(registry: Registry, version: Version, candidate: Candidate, rules: Rules) -> tuple[Version, Decision]:
    """Decide, and give the alias; again where another registration has moved it meanwhile.

    Registries have no way to move an alias only if it is where it was. So it is looked at just before, and after: of
    two that take it from the same champion at once, the one that loses it again is compared with the other.
    """
    champion = registry.champion(version.name)
    for _ in range(_ATTEMPTS):
        decision = _decide(registry, version, candidate, champion, rules)
        latest = registry.champion(version.name)
        if _number(latest) == _number(champion):
            version = registry.settle(version, decision, champion)
            latest = registry.champion(version.name)
            if decision.alias == CHALLENGER or _number(latest) == version.version:
                return version, decision
        log.info("the alias %s has moved to version %s meanwhile: deciding again", CHAMPION, _number(latest))
        champion = latest
    raise RegistryError(
        f"other registrations moved the alias {CHAMPION} {_ATTEMPTS} times in a row while {version.name}, version "
        f"{version.version}, was decided on: run the stage again when they are done"
    )


def _decide(
    registry: Registry, version: Version, candidate: Candidate, champion: Version | None, rules: Rules
) -> Decision:
    if champion is None:
        return decide(candidate, None, rules)
    if version.version == champion.version:
        # It got the alias just before a kill, or from another run of the same registration.
        return Decision(CHAMPION, champion.reason)
    return decide(candidate, Champion(champion.version, registry.test_predictions(champion)), rules)


def _number(version: Version | None) -> str | None:
    return version.version if version else None


def _registration(registry: Registry, candidate: Candidate, version: Version, reason: str) -> Registration:
    return Registration(
        name=version.name,
        version=version.version,
        alias=version.alias or NO_ALIAS,
        reason=reason,
        digest=candidate.digest,
        registry=registry.uri,
    )
