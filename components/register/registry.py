"""What this stage asks of a model registry, whichever product it is."""

from dataclasses import dataclass
from typing import Protocol

import pandas as pd

from components.register.candidate import Candidate
from components.register.decision import Decision


@dataclass(frozen=True)
class Version:
    """One version of a registered model, as the registry holds it now."""

    name: str
    version: str
    alias: str
    """`champion`, `challenger`, or empty."""
    reason: str
    """Why it got the alias that it was first given; empty for a version that another program registered."""
    settled: bool
    """Whether its registration was carried to the end: false after a kill between creating it and giving its alias."""


class Registry(Protocol):
    """A model registry. Each method raises RegistryError where the registry is down or refuses."""

    uri: str
    """Its address, without credentials."""

    def find_by_digest(self, name: str, digest: str) -> Version | None:
        """The version of this model that holds the file with this digest; the oldest of several."""

    def champion(self, name: str) -> Version | None:
        """The version that holds the alias `champion`."""

    def test_predictions(self, version: Version) -> pd.DataFrame | None:
        """The test predictions that a version was registered with (see `Candidate.predictions`)."""

    def create_version(self, name: str, candidate: Candidate) -> Version:
        """Upload the model, then create a version that holds it: complete at once, but without an alias, unsettled.

        Where another run has just done the same, its version, the older one, is returned and no second one stays.
        """

    def settle(self, version: Version, decision: Decision, champion: Version | None) -> Version:
        """Note the reason, give a version its alias, which leaves the version that had it, note that all is done.

        Args:
            version: to be settled.
            decision: the alias and the reason.
            champion: the champion that it was compared with; noted as its predecessor if it takes that one's place.
        """
