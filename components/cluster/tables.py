"""Tables as texts: for a person, or for a program."""

import csv
import io
import json
from collections.abc import Sequence

from components.cluster.figures import Figure, Measured

Row = Sequence[str]

OUTPUTS: tuple[str, ...] = ("table", "csv", "json")


def aligned(rows: Sequence[Row]) -> str:
    """Columns side by side, each as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def compared(runs: Sequence[Measured], output: str) -> str:
    """Several runs' figures.

    Args:
        runs: in the order of the columns.
        output: one of `OUTPUTS`: a row a figure and a column a run; or a list of objects.
    """
    if output == "json":
        listed = [{"run": run.run, "state": run.state, "note": run.note, "figures": dict(run.figures)} for run in runs]
        return json.dumps(listed, indent=2) + "\n"
    names = sorted({name for run in runs for name in run.figures}, key=_order)
    rows = [["figure", *(run.run for run in runs)], ["state", *(run.state for run in runs)]]
    if output == "csv":
        rows += [[name, *(_exact(run.figures.get(name)) for run in runs)] for name in names]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        return text.getvalue()
    rows += [[name, *(_short(run.figures.get(name)) for run in runs)] for name in names]
    notes = "".join(f"{run.run}: no figures: {run.note}\n" for run in runs if run.note)
    return aligned(rows) + notes


def _order(name: str) -> tuple[bool, str]:
    """What became of the model first."""
    return name not in ("version", "alias"), name


def _exact(figure: Figure) -> str:
    return "" if figure is None else str(figure)


def _short(figure: Figure) -> str:
    if isinstance(figure, float):
        return str(int(figure)) if figure.is_integer() else f"{figure:.4g}"
    return "–" if figure is None else str(figure)
