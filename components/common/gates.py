"""Gates: figures that a model must reach before it may serve, each with its limit and the outcome."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from components.common.errors import DataError
from components.common.files import read_json, write_json


@dataclass(frozen=True)
class Gate:
    """A figure and its limit."""

    name: str
    """What the figure is, as a person reads it: "melanoma sensitivity, test"."""
    figure: float
    """NaN where the data do not allow it: such a gate is not passed."""
    limit: float
    at_least: bool
    """Whether the figure must be at least the limit; else at most."""

    @property
    def wanted(self) -> str:
        """The limit, as a person reads it."""
        return f"{'at least' if self.at_least else 'at most'} {self.limit:g}"

    @property
    def outcome(self) -> str:
        """Passed or failed."""
        return "passed" if self.passed else "failed"

    @property
    def passed(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self.figure >= self.limit if self.at_least else self.figure <= self.limit

    def __str__(self) -> str:
        return f"{self.name}: {self.figure:.3g}, wanted {self.wanted}: {self.outcome}"


def gate_table(gates: Sequence[Gate]) -> pd.DataFrame:
    """One row for each gate: its figure, its limit, the outcome."""
    rows = {gate.name: {"figure": gate.figure, "wanted": gate.wanted, "outcome": gate.outcome} for gate in gates}
    return pd.DataFrame.from_dict(rows, orient="index")


def write_gates(path: Path, gates: Sequence[Gate]) -> None:
    """Write the gates and their outcomes as JSON; a figure that is NaN as null."""
    rows = [{**asdict(gate), "passed": gate.passed} for gate in gates]
    write_json(path, [{**row, "figure": _finite(row["figure"])} for row in rows])


def read_gates(path: Path) -> list[Gate]:
    """Read what `write_gates` wrote.

    Raises:
        StorageError: the file is absent or not JSON.
        DataError: it holds no gates.
    """
    try:
        rows = [{name: value for name, value in row.items() if name != "passed"} for row in read_json(path)]
        return [Gate(**{**row, "figure": math.nan if row["figure"] is None else row["figure"]}) for row in rows]
    except (AttributeError, KeyError, TypeError) as error:
        raise DataError(
            f"{path} holds no gates of this version: {error!r}; run the stage that writes it again"
        ) from error


def _finite(figure: float) -> float | None:
    return figure if math.isfinite(figure) else None
