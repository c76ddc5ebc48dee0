"""What a model's inputs and outputs look like where it was made: `reference.json`, which a service's drift is held
against. Histograms only: nothing of one patient.
"""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reference:
    """Histograms of inputs and outputs."""


def read_reference(path: Path) -> Reference | None:
    """Read a model's `reference.json`; None where there is no such file.

    Raises:
        StorageError: it cannot be read or is not JSON.
        DataError: it is no reference of this version.
    """
