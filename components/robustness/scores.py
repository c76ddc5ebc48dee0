"""The figures of each corruption, severity and model, as a table."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from components.common.taxonomy import CLASS_INDEX
from components.robustness.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from components.robustness.tally import Tally

ENSEMBLE = "ensemble"
CLEAN = "clean"

FIGURES: tuple[str, ...] = ("accuracy", "balanced_error", "melanoma_sensitivity", "changed")


def score_table(tally: Tally, members: Sequence[str]) -> pd.DataFrame:
    """One row for each corruption, severity and model: corruption, severity, model, images, and `FIGURES`.

    The clean pictures are the corruption "clean" of severity 0. The balanced error is a mean over the classes that
    have images; the melanoma sensitivity is the share of melanomas that are decided to be such, NaN where there is
    none.

    Args:
        tally: of all images.
        members: their names.
    """
    rows = []
    for condition, confusion in tally.confusion.items():
        name, severity = (condition[0].name, condition[1]) if condition else (CLEAN, 0)
        for model, matrix in zip([ENSEMBLE, *members], confusion, strict=True):
            rows.append({"corruption": name, "severity": severity, "model": model, **_figures(matrix)})
    changed = np.concatenate(list(tally.changed.values()))
    table = pd.DataFrame(rows)
    return table.assign(changed=changed / table["images"])


def _figures(confusion: np.ndarray) -> dict[str, float]:
    """Of one confusion matrix, int64 [9, 9]."""
    images = confusion.sum(axis=1)
    right = np.diag(confusion)
    with np.errstate(invalid="ignore"):
        recalls = right / images  # NaN where a class has no image
    return {
        "images": int(images.sum()),
        "accuracy": float(right.sum() / images.sum()),
        "balanced_error": float(1.0 - np.nanmean(recalls)),
        "melanoma_sensitivity": float(recalls[CLASS_INDEX["MEL"]]),
    }


def by_corruption(table: pd.DataFrame, model: str = ENSEMBLE) -> pd.DataFrame:
    """Means of the figures over the severities, in the order of the corruptions, one row each."""
    of_model = table[(table["model"] == model) & (table["corruption"] != CLEAN)]
    means = of_model.groupby("corruption")[list(FIGURES)].mean()
    return means.loc[[corruption.name for corruption in CORRUPTIONS]]


def clean_row(table: pd.DataFrame, model: str = ENSEMBLE) -> pd.Series:
    """The figures of the clean pictures."""
    return table[(table["model"] == model) & (table["corruption"] == CLEAN)].iloc[0]


def curve(table: pd.DataFrame, corruption: Corruption, model: str, figure: str = "balanced_error") -> np.ndarray:
    """A figure by severity, from 0 (clean) to 5: float64 [6]."""
    rows = table[(table["model"] == model) & table["corruption"].isin([CLEAN, corruption.name])]
    return rows.set_index("severity")[figure].loc[[0, *SEVERITIES]].to_numpy(np.float64)
