"""Histograms of a model's inputs and outputs, in bins that training and service share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from components.common.demographics import SEXES, SITES
from components.common.taxonomy import CLASSES

UNKNOWN = "unknown"
"""Label of the last bin, of what is not known or of no bin."""

_NO_YES = ("no", "yes")

CATEGORIES: Mapping[str, tuple[str, ...]] = {
    "sex": SEXES,
    "site": SITES,
    "predicted_class": CLASSES,
    "abstain": _NO_YES,
    "unusual": _NO_YES,
}

EDGES: Mapping[str, tuple[float, ...]] = {
    # Decades, and 90 years and more as one: there are few of them, who could be told from one another.
    "age": tuple(range(10, 100, 10)),
    "brightness": tuple(step / 10 for step in range(1, 10)),
    "malignant_probability": tuple(step / 10 for step in range(1, 10)),
    "out_of_distribution": (-2.0, -1.0, 0.0, 1.0, 2.0, 3.0),
}
"""Between the bins of a number, where no reference has others."""

QUALITY = "quality_"
"""Begins the name of a feature that says whether a code of quality was given: `quality_<code>`, no or yes."""


@dataclass(frozen=True)
class Histogram:
    """How many values lie in each bin."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    edges: tuple[float, ...] = ()
    """Of a number: bin i holds what is at least edge i-1 and below edge i. Empty for categories."""

    @property
    def total(self) -> int:
        """Number of values."""
        return sum(self.counts)

    def __add__(self, other: "Histogram") -> "Histogram":
        """Of the same bins."""
        return replace(self, counts=tuple(a + b for a, b in zip(self.counts, other.counts, strict=True)))


def histograms(values: Mapping[str, Sequence[Any]], like: Mapping[str, Histogram]) -> dict[str, Histogram]:
    """Count values by bin.

    Args:
        values: by feature of `CATEGORIES` and `EDGES`, for each record one: a number, a text, a truth value or None.
        like: histograms by feature, whose bins are to be used; others have those of `CATEGORIES` and `EDGES`.
    """
    return {
        name: numeric(of_feature, like[name].edges if name in like else EDGES[name])
        if name in EDGES
        else categorical(of_feature, CATEGORIES[name])
        for name, of_feature in values.items()
    }


def quality_histograms(codes: Mapping[str, int], records: int, like: Iterable[str]) -> dict[str, Histogram]:
    """Of each code of quality, how many records were given it, and how many not.

    Args:
        codes: number of records by code.
        records: number of all.
        like: names of features; the codes among them are counted too, where no record was given them.
    """
    names = {f"{QUALITY}{code}": count for code, count in codes.items()}
    names |= {name: 0 for name in like if name.startswith(QUALITY) and name not in names}
    return {name: Histogram((*_NO_YES, UNKNOWN), (records - count, count, 0)) for name, count in sorted(names.items())}


def numeric(values: Sequence[float | None], edges: Sequence[float]) -> Histogram:
    """Count numbers between edges; None and NaN are unknown."""
    numbers = np.array(values, np.float64)  # None becomes NaN
    bins = np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="right"))
    between = [f"{low:g} to {high:g}" for low, high in pairwise(edges)]
    labels = (f"below {edges[0]:g}", *between, f"{edges[-1]:g} and above", UNKNOWN)
    return Histogram(labels, _counts(bins, len(labels)), tuple(map(float, edges)))


def categorical(values: Sequence[str | bool | None], categories: Sequence[str]) -> Histogram:
    """Count texts by category; what is of none is unknown. False is the first of two categories, True the second."""
    places: dict[str | bool | None, int] = {name: index for index, name in enumerate(categories)}
    if tuple(categories) == _NO_YES:
        places |= {False: 0, True: 1}
    bins = np.array([places.get(value, len(categories)) for value in values], np.int64)
    return Histogram((*categories, UNKNOWN), _counts(bins, len(categories) + 1))


def _counts(bins: np.ndarray, number: int) -> tuple[int, ...]:
    return tuple(np.bincount(bins, minlength=number).tolist())
