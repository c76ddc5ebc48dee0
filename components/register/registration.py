"""The order of a registration, such that a kill at any point leaves the old champion in place, or the new one whole.

Upload, create the version, decide, claim the champion's place, move the alias, note the end. What a kill cuts off, the
next run does: it finds the version by the model's digest.

Registries cannot move an alias on the condition that it is where it was. So a version that is to be champion first
claims the place of the one that it beat, for all to see, and then looks who else claims it. Each run that finds several
claims goes through them as if they had come one after another, oldest first, and gives the alias to the one that is
left; and again until no claim has come meanwhile. The run that moves the alias last has seen all claims.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from components.common.errors import RegistryError
from components.register.candidate import Candidate
from components.register.decision import Champion, Decision, decide, judge
from components.register.registry import (
    CHALLENGER,
    CHAMPION,
    DIGEST,
    NONE,
    PREDECESSOR,
    REASON,
    SETTLED,
    WITHDRAWN,
    Registry,
    Version,
)
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
    if (version := _known(registry, name, candidate)) and version.settled:
        return _registration(
            registry, candidate, version, f"registered before, so nothing changed; the reason then: {version.reason}"
        )
    version = version or _created(registry, name, candidate)
    for _ in range(_ATTEMPTS):
        if decision := _settle(registry, version, candidate, rules):
            return _registration(registry, candidate, _known(registry, name, candidate) or version, decision.reason)
        log.info("the alias %s has moved meanwhile: deciding again", CHAMPION)
    raise RegistryError(
        f"other registrations moved the alias {CHAMPION} {_ATTEMPTS} times in a row while {version.name}, version "
        f"{version.version}, was decided on: run the stage again when they are done"
    )


def _known(registry: Registry, name: str, candidate: Candidate) -> Version | None:
    return next(iter(registry.versions(name, {DIGEST: candidate.digest})), None)


def _created(registry: Registry, name: str, candidate: Candidate) -> Version:
    created = registry.create_version(name, candidate)
    # Of versions with the same file, which several runs created at once, the oldest stays.
    oldest = _known(registry, name, candidate) or created
    if oldest.version != created.version:
        registry.delete_version(created)
    return oldest


def _settle(registry: Registry, version: Version, candidate: Candidate, rules: Rules) -> Decision | None:
    """Decide, and give the alias; None where it must be decided again, since the champion is another meanwhile."""
    champion = registry.holder(version.name, CHAMPION)
    if champion and champion.version == version.version:
        # It got the alias just before a kill, or from another run.
        return _settled(registry, version, Decision(CHAMPION, champion.reason))
    decision = decide(candidate, _champion(registry, champion) if champion else None, rules)
    if decision.alias == CHAMPION:
        predecessor = champion.version if champion else NONE
        registry.tag(version, {REASON: decision.reason, PREDECESSOR: predecessor})
        winner = _winner(registry, version, predecessor, rules)
        if winner is None:
            return None
        if winner.version != version.version:
            decision = decide(candidate, _champion(registry, winner), rules)
            if decision.alias == CHAMPION:
                return None  # it lost to an older claim, and beats the one that took that one's place
    return _settled(registry, version, decision)


def _winner(registry: Registry, version: Version, predecessor: str, rules: Rules) -> Version | None:
    """Who of all that claim the predecessor's place gets the alias; None where yet another has it by now."""
    claims = _claims(registry, version.name, predecessor)
    while True:
        numbers = [claim.version for claim in claims]
        holder = registry.holder(version.name, CHAMPION)
        if not claims or (holder and holder.version not in (predecessor, *numbers)):
            return None
        winner = _last_standing(registry, claims, rules)
        registry.give_alias(winner, CHAMPION)
        claims = _claims(registry, version.name, predecessor)
        if [claim.version for claim in claims] == numbers:
            return winner


def _claims(registry: Registry, name: str, predecessor: str) -> list[Version]:
    found = registry.versions(name, {PREDECESSOR: predecessor})
    return [version for version in found if WITHDRAWN not in version.tags]


def _last_standing(registry: Registry, claims: Sequence[Version], rules: Rules) -> Version:
    winner, *younger = claims
    for claim in younger:
        ours, champion = registry.test_predictions(claim), _champion(registry, winner)
        if ours is not None and judge(ours, champion, rules).alias == CHAMPION:
            winner = claim
    return winner


def _settled(registry: Registry, version: Version, decision: Decision) -> Decision:
    registry.tag(version, {REASON: decision.reason})
    if decision.alias == CHALLENGER:
        registry.untag(version, PREDECESSOR)
        registry.give_alias(version, CHALLENGER)
    registry.tag(version, {SETTLED: "true"})
    return decision


def _champion(registry: Registry, version: Version) -> Champion:
    return Champion(version.version, registry.test_predictions(version))


def _registration(registry: Registry, candidate: Candidate, version: Version, reason: str) -> Registration:
    return Registration(
        name=version.name,
        version=version.version,
        alias=version.alias or NO_ALIAS,
        reason=reason,
        digest=candidate.digest,
        registry=registry.uri,
    )
