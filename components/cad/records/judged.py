"""How good the answers were of which the diagnosis is known."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from scipy.stats import binomtest

from components.common.bootstrap import CONFIDENCE
from components.common.taxonomy import MALIGNANT


@dataclass(frozen=True)
class Share:
    """So many out of so many, with the 95% interval of Wilson; None where there is nothing to divide by.

    Wilson: Probable inference, the law of succession, and statistical inference, JASA 22 (158), 1927. Unlike a
    bootstrap it is of use for ten out of ten as well.
    """

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Answer:
    """An answer of which the diagnosis is known."""

    predicted_class: str
    malignant: bool
    """The decision."""
    label: str
    source: str


@dataclass(frozen=True)
class Judged:
    """The answers of which a feedback gives the diagnosis: a choice of lesions, not a sample of them."""

    total: int
    sources: dict[str, int]
    """How many of each of `prediction.SOURCES`."""
    accuracy: Share
    """The most probable class is the diagnosis."""
    sensitivity: Share
    """Of the malignant lesions, those called so."""
    specificity: Share
    """Of the benign lesions, those called so."""
    melanoma_sensitivity: Share
    """Of the melanomas, those called malignant."""


def judge(answers: Counter[Answer]) -> Judged:
    """Work out the shares of answers that were right.

    Args:
        answers: how often each was given.
    """
    return Judged(
        total=answers.total(),
        sources=dict(sorted(_by_source(answers).items())),
        accuracy=_share((answer.predicted_class == answer.label, n) for answer, n in answers.items()),
        sensitivity=_share((answer.malignant, n) for answer, n in answers.items() if answer.label in MALIGNANT),
        specificity=_share((not answer.malignant, n) for answer, n in answers.items() if answer.label not in MALIGNANT),
        melanoma_sensitivity=_share((answer.malignant, n) for answer, n in answers.items() if answer.label == "MEL"),
    )


def share(count: int, total: int) -> Share:
    """A share with its interval."""
    if not total:
        return Share(0, 0, None, None, None)
    interval = binomtest(count, total).proportion_ci(CONFIDENCE, method="wilson")
    return Share(count, total, count / total, float(interval.low), float(interval.high))


def _share(outcomes: Iterable[tuple[bool, int]]) -> Share:
    counts: Counter[bool] = Counter()
    for right, number in outcomes:
        counts[right] += number
    return share(counts[True], counts.total())


def _by_source(answers: Counter[Answer]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for answer, number in answers.items():
        counts[answer.source] += number
    return counts
