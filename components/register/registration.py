"""The order of a registration, such that a kill at any point leaves the old champion in place, or the new one whole.

Decide, upload, create the version, move the alias, note the end. What a kill cuts off, the next run does: it finds the
version by the model's digest.
"""

from dataclasses import dataclass

from components.register.candidate import Candidate
from components.register.decision import CHAMPION, Champion, Decision, decide
from components.register.registry import Registry, Version

NO_ALIAS = "none"


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


def register(registry: Registry, name: str, candidate: Candidate, minimum: float) -> Registration:
    """Register a model under a name, once, and give it the alias that it has earned.

    Args:
        registry: where.
        name: of the registered model; made if it is new.
        candidate: the model.
        minimum: the smallest test macro AUC with which a model may be champion.

    Raises:
        RegistryError: the registry is down or refuses.
    """
    version = registry.find_by_digest(name, candidate.digest)
    if version and version.settled:
        return _registration(
            registry, candidate, version, f"registered before, so nothing changed; the reason then: {version.reason}"
        )
    decision = _decide(registry, name, candidate, minimum, version)
    version = registry.settle(version or registry.create_version(name, candidate, decision), decision)
    return _registration(registry, candidate, version, decision.reason)


def _decide(registry: Registry, name: str, candidate: Candidate, minimum: float, unsettled: Version | None) -> Decision:
    champion = registry.champion(name)
    if champion is None:
        return decide(candidate, None, minimum)
    if unsettled and unsettled.version == champion.version:
        # It got the alias just before the kill: only the note is lacking.
        return Decision(CHAMPION, unsettled.reason)
    return decide(candidate, Champion(champion.version, registry.test_predictions(champion)), minimum)


def _registration(registry: Registry, candidate: Candidate, version: Version, reason: str) -> Registration:
    return Registration(
        name=version.name,
        version=version.version,
        alias=version.alias or NO_ALIAS,
        reason=reason,
        digest=candidate.digest,
        registry=registry.uri,
    )
