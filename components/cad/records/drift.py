"""How far what the service sees and says has moved from what its model was made on, and how good its answers were."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.cad.records.judged import Answer, Judged, judge
from components.cad.records.psi import by_chance, psi, verdict
from components.cad.records.rows import Row
from components.common.histograms import Histogram, histograms, quality_histograms
from components.common.predictions import probability_columns
from components.common.reference import Reference
from components.common.taxonomy import CLASSES

_NO_REFERENCE = "This model has no reference (reference.json beside it): the counts are held against nothing."
_NO_RECORDS = "There are no predictions of this time and model."

_AS_RECORDED = (
    "age",
    "sex",
    "site",
    "brightness",
    "malignant_probability",
    "out_of_distribution",
    "abstain",
    "unusual",
)
_COLUMNS = dict(zip(CLASSES, probability_columns(), strict=True))


@dataclass(frozen=True)
class FeatureDrift:
    """One input or output, in the reference and in the records."""

    name: str
    """age, sex, site, brightness, quality_<code>, predicted_class, malignant_probability, out_of_distribution, abstain
    or unusual."""
    labels: tuple[str, ...]
    """Of the bins."""
    expected: tuple[int, ...] | None
    """Count of each bin in the reference; None where it has none of this feature."""
    observed: tuple[int, ...]
    """Count of each bin in the records."""
    psi: float | None
    """Population stability index; None without a reference or without records."""
    by_chance: float | None
    """What the index stays below, 19 times in 20, where nothing has changed."""
    verdict: str
    """no reference, no records, stable, within chance, moderate, or major."""


@dataclass(frozen=True)
class Drift:
    """The answer to all of it; `dataclasses.asdict` gives plain JSON values."""

    records: int
    """How many predictions were looked at."""
    message: str
    """What a person must know first: that the model has no reference, that there are no records; else empty."""
    features: tuple[FeatureDrift, ...]
    judged: Judged


class Observation:
    """Counts of records, which are given some at a time.

    Args:
        reference: whose bins are used; None where there is none.
    """

    def __init__(self, reference: Reference | None) -> None:
        self._reference = reference
        self._expected: Mapping[str, Histogram] = reference.features if reference else {}
        self._observed = histograms({name: [] for name in (*_AS_RECORDED, "predicted_class")}, self._expected)
        self._codes: Counter[str] = Counter()
        self._answers: Counter[Answer] = Counter()
        self._records = self._inspected = 0

    def add(self, rows: Sequence[Row]) -> None:
        """Count rows of the query `queries.observed`."""
        classes = [_predicted_class(row) for row in rows]
        values: dict[str, list[Any]] = {name: [row[name] for row in rows] for name in _AS_RECORDED}
        for name, histogram in histograms({**values, "predicted_class": classes}, self._expected).items():
            self._observed[name] += histogram
        self._codes.update(code for row in rows for code in set(row["quality"]))
        self._answers.update(
            Answer(predicted, row["malignant"], row["feedback_label"], row["feedback_source"])
            for predicted, row in zip(classes, rows, strict=True)
            if row["feedback_label"] is not None
        )
        self._records += len(rows)
        self._inspected += sum(not row["tensors"] for row in rows)

    def drift(self) -> Drift:
        """What was counted, held against the reference."""
        observed = self._observed | quality_histograms(self._codes, self._inspected, self._expected)
        message = _NO_RECORDS if not self._records else _NO_REFERENCE if self._reference is None else ""
        features = tuple(_feature(name, self._expected.get(name), one) for name, one in observed.items())
        return Drift(self._records, message, features, judge(self._answers))


def _feature(name: str, expected: Histogram | None, observed: Histogram) -> FeatureDrift:
    counts = expected.counts if expected else None
    if not counts or not any(counts) or not observed.total:
        return FeatureDrift(
            name, observed.labels, counts, observed.counts, None, None, "no records" if counts else "no reference"
        )
    index, chance = psi(counts, observed.counts), by_chance(counts, observed.counts)
    return FeatureDrift(name, observed.labels, counts, observed.counts, index, chance, verdict(index, chance))


def _predicted_class(row: Row) -> str:
    return max(_COLUMNS, key=lambda name: row[_COLUMNS[name]])
