"""Subgroups of the patients: does the malignant decision serve all of them alike?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Resamples, bootstrap, estimate
from components.common.predictions import malignant_score
from components.common.skin_tone import TYPES, skin_type
from components.common.taxonomy import MALIGNANT_INDEXES
from components.evaluate.binary import BinaryScores

FIGURES: tuple[str, ...] = ("sensitivity", "specificity", "auc")
"""Of the malignant decision, in each subgroup."""

ESTIMATED_TONE = "skin tone (estimated)"
NOTED_TONE = "skin tone (noted by a doctor)"

COLUMNS: tuple[str, ...] = ("sex", "age", "site", "source", "fitzpatrick", "typology_angle")
"""Of the manifest, from which the subgroups are made."""

_NOT_GIVEN = "not given"
_AGES = {"under 30": 30, "30 to 44": 45, "45 to 59": 60, "60 to 74": 75, "75 and over": np.inf}


@dataclass(frozen=True)
class Subgroup:
    """The images of the test split that share an attribute's value."""

    attribute: str
    name: str
    images: int
    malignant: int
    rounds: pd.DataFrame
    """See `bootstrap`: of `FIGURES`, those that there are images enough for."""
    lacking: str
    """The outcomes of which there are too few images, and how many: why a figure is not given; empty where all are."""

    def figure(self, name: str) -> Estimate | None:
        """One of `FIGURES`; None where the images are too few."""
        return estimate(self.rounds[name]) if name in self.rounds else None


@dataclass(frozen=True)
class Gap:
    """The largest difference of a figure between two subgroups of one attribute."""

    attribute: str
    worst: str
    best: str
    estimate: Estimate
    """Of the difference of these two. Noise alone makes the largest of several differences large: look at the
    interval, which leaves this choice out of account."""


def attributes(images: pd.DataFrame) -> dict[str, pd.Series]:
    """The subgroup of each image by each attribute that is known of any image, as ordered categories.

    Args:
        images: `COLUMNS` of the manifest.
    """
    tone = images["typology_angle"].map(skin_type)
    noted = images["fitzpatrick"].map(lambda number: TYPES[int(number) - 1], na_action="ignore")
    edges = [-np.inf, *_AGES.values()]
    columns = {
        "sex": _categories(images["sex"]),
        "age": _categories(pd.cut(images["age"], edges, right=False, labels=list(_AGES)), list(_AGES)),
        "site": _categories(images["site"]),
        "source": _categories(images["source"]),
        NOTED_TONE: _categories(noted, list(TYPES)),
        ESTIMATED_TONE: _categories(tone, list(TYPES)),
    }
    return {name: column for name, column in columns.items() if (column != _NOT_GIVEN).any()}


def _categories(values: pd.Series, order: list[str] | None = None) -> pd.Series:
    texts = values.astype("object").where(values.notna(), _NOT_GIVEN)
    names = order or sorted(set(texts) - {_NOT_GIVEN})
    return texts.astype(pd.CategoricalDtype([*names, _NOT_GIVEN], ordered=True))


def judge_subgroups(
    images: pd.DataFrame,
    labels: np.ndarray,
    probabilities: np.ndarray,
    threshold: float,
    resamples: Resamples,
    minimum: int,
) -> list[Subgroup]:
    """Judge the malignant decision in each subgroup.

    Args:
        images: of the test split, with `COLUMNS` of the manifest.
        labels: int64 [images].
        probabilities: float64 [images, 9].
        threshold: on the sum of the malignant classes.
        resamples: of all the images.
        minimum: images of an outcome without which a figure about it is not given.
    """
    malignant, score = np.isin(labels, MALIGNANT_INDEXES), malignant_score(probabilities)
    chosen = {
        (attribute, str(name)): (values == name).to_numpy()
        for attribute, values in attributes(images).items()
        for name in values.cat.categories
    }
    chosen = {key: rows for key, rows in chosen.items() if rows.any()}
    rounds = bootstrap(
        resamples, {key: BinaryScores(malignant, score, threshold, rows) for key, rows in chosen.items()}
    )
    return [_subgroup(key, rows, malignant, rounds[key], minimum) for key, rows in chosen.items()]


def _subgroup(
    key: tuple[str, str], rows: np.ndarray, malignant: np.ndarray, rounds: pd.DataFrame, minimum: int
) -> Subgroup:
    images, positive = int(rows.sum()), int(malignant[rows].sum())
    counts = {"malignant": positive, "benign": images - positive}
    few = {outcome: count for outcome, count in counts.items() if count < minimum}
    needs = {"sensitivity": {"malignant"}, "specificity": {"benign"}, "auc": {"malignant", "benign"}}
    given = [figure for figure in FIGURES if not needs[figure] & set(few)]
    lacking = ", ".join(f"{count} {outcome}" for outcome, count in few.items())
    return Subgroup(*key, images, positive, rounds[given], lacking)


def gaps(subgroups: Sequence[Subgroup], figure: str) -> list[Gap]:
    """The largest difference of a figure within each attribute, the largest of all first.

    Images without the attribute are no subgroup of patients, and take no part. An attribute needs two subgroups with
    the figure.
    """
    by_attribute: dict[str, list[Subgroup]] = {}
    for one in subgroups:
        if figure in one.rounds and one.name != _NOT_GIVEN:
            by_attribute.setdefault(one.attribute, []).append(one)
    found = [_gap(members, figure) for members in by_attribute.values() if len(members) > 1]
    return sorted(found, key=lambda gap: -gap.estimate.value)


def largest_gaps(subgroups: Sequence[Subgroup]) -> Mapping[str, Gap]:
    """The largest gap of each of `FIGURES` that has any."""
    return {figure: found[0] for figure in FIGURES if (found := gaps(subgroups, figure))}


def _gap(subgroups: Sequence[Subgroup], figure: str) -> Gap:
    ordered = sorted(subgroups, key=lambda one: float(one.rounds[figure].iloc[0]))
    worst, best = ordered[0], ordered[-1]
    return Gap(worst.attribute, worst.name, best.name, estimate(best.rounds[figure] - worst.rounds[figure]))


def figures_of(subgroups: Sequence[Subgroup]) -> pd.DataFrame:
    """All figures of all subgroups: attribute, subgroup, images, malignant, figure, value, low, high."""
    rows = [
        (one.attribute, one.name, one.images, one.malignant, figure, found.value, found.low, found.high)
        for one in subgroups
        for figure in one.rounds
        for found in [estimate(one.rounds[figure])]
    ]
    return pd.DataFrame(
        rows, columns=["attribute", "subgroup", "images", "malignant", "figure", "value", "low", "high"]
    )
