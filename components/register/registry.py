"""What this stage asks of a model registry, whichever product it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pandas as pd

if TYPE_CHECKING:
    from components.register.candidate import Candidate

CHAMPION = "champion"
CHALLENGER = "challenger"

# Tags of a version.
DIGEST = "digest"
"""SHA-256 of `ensemble.onnx`."""
GATES = "gates"
"""`PASSED`, or `FAILED`: such a version is never champion."""
REASON = "reason"
"""Why it got the alias that it was first given."""
PREDECESSOR = "predecessor"
"""The version whose place as champion it took, or was about to take; `NONE` for the first."""
SETTLED = "settled"
"""Its registration was carried to the end: absent after a kill between creating it and giving its alias."""
WITHDRAWN = "withdrawn"
"""It was champion, and was rolled back: JSON, see `rolling_back.py`."""
REINSTATED = "reinstated"
"""It was made champion by a roll back: JSON, see `rolling_back.py`."""

PASSED, FAILED, NONE = "passed", "failed", "none"


@dataclass(frozen=True)
class Version:
    """One version of a registered model, as the registry held it when it was asked."""

    name: str
    version: str
    """A whole number: the larger, the younger."""
    alias: str
    """`CHAMPION`, `CHALLENGER`, or empty."""
    tags: Mapping[str, str]

    @property
    def reason(self) -> str:
        """Why it got the alias that it was first given; empty for a version that another program registered."""
        return self.tags.get(REASON, "")

    @property
    def settled(self) -> bool:
        """Whether its registration was carried to the end."""
        return SETTLED in self.tags


class Registry(Protocol):
    """A model registry. Each method raises RegistryError where the registry is down or refuses.

    What sets something can be repeated, and may run in several processes at once.
    """

    uri: str
    """Its address, without credentials."""

    def versions(self, name: str, tags: Mapping[str, str]) -> list[Version]:
        """The versions of a model that have all these tags, the oldest first; none where there is no such model."""

    def holder(self, name: str, alias: str) -> Version | None:
        """The version that holds an alias."""

    def test_predictions(self, version: Version) -> pd.DataFrame | None:
        """The test predictions that a version was registered with (see `Candidate.predictions`)."""

    def figures(self, version: Version) -> dict[str, float]:
        """The figures that a version was registered with, by name; none for one of another program."""

    def create_version(self, name: str, candidate: "Candidate") -> Version:
        """Upload the model, then create a version that holds it: complete at once, but without an alias, unsettled."""

    def delete_version(self, version: Version) -> None:
        """Delete a version; nothing happens where it is gone."""

    def tag(self, version: Version, tags: Mapping[str, str]) -> None:
        """Set tags of a version."""

    def untag(self, version: Version, tag: str) -> None:
        """Remove a tag; nothing happens where there is none."""

    def give_alias(self, version: Version, alias: str) -> None:
        """Give a version an alias, which at once leaves the version that had it."""
