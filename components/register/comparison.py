"""Two models on the same test images: by how much one leads the other, by the paired bootstrap.

Both are judged on the same resamples of the patients, so what makes a resample hard or easy is taken out of their
difference (Davison, Hinkley: Bootstrap Methods and their Application, 1997).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Resamples, bootstrap, estimate
from components.common.predictions import malignant_score, probability_columns
from components.common.ranking import Ranking
from components.common.taxonomy import CLASS_INDEX, MALIGNANT_INDEXES
from components.register.settings import AUCS, DECISIONS, Rules

PROBABILITIES: list[str] = probability_columns()
CALLED_MALIGNANT = "called_malignant"
"""Column of the predictions: the decision, at the threshold of the model's own."""

_TITLES: Mapping[str, str] = {
    "macro_auc": "macro AUC",
    "melanoma_auc": "melanoma AUC",
    "malignant_auc": "malignant AUC",
    "melanoma_sensitivity": "melanomas called malignant",
    "malignant_sensitivity": "malignant sensitivity",
    "malignant_specificity": "malignant specificity",
}


@dataclass(frozen=True)
class Lead:
    """By how much the challenger exceeds the champion in a figure, and by how much it should."""

    figure: str
    ours: float
    theirs: float
    estimate: Estimate
    """Of the difference; NaN where the shared images do not allow it."""
    margin: float | None
    """How far below 0 the lower end of the interval may lie; None: it must lie above 0."""

    @property
    def passed(self) -> bool:
        """Whether the interval says so; not where there is none."""
        return self.estimate.low > 0 if self.margin is None else self.estimate.low >= -self.margin

    @property
    def wanted(self) -> str:
        """What is asked of the lower end of the interval, as a person reads it."""
        return "above 0" if self.margin is None else f"at least {-self.margin:g}".replace("-", "−")

    def __str__(self) -> str:
        outcome = "passed" if self.passed else "failed"
        figures = f"{_shown(self.ours)} against {_shown(self.theirs)}, difference {self.estimate}"
        return f"{_TITLES[self.figure]} {figures}, wanted {self.wanted}: {outcome}"


def compare(ours: pd.DataFrame, theirs: pd.DataFrame, rules: Rules) -> list[Lead]:
    """The leads in all figures; the first is of the figure that must be better.

    Args:
        ours: predictions of the challenger: group, label, `PROBABILITIES`, `CALLED_MALIGNANT`.
        theirs: of the champion, the same images in the same order.
        rules: how much is wanted of each.
    """
    resamples = Resamples(ours["group"].to_numpy(), rules.bootstrap_rounds, rules.seed)
    rounds = bootstrap(resamples, {"ours": _Figures(ours), "theirs": _Figures(theirs)})
    return [
        Lead(
            figure,
            float(rounds["ours"][figure].iloc[0]),
            float(rounds["theirs"][figure].iloc[0]),
            _difference(rounds["ours"][figure] - rounds["theirs"][figure]),
            _margin(figure, rules),
        )
        for figure in _ordered(rules.decisive_figure)
    ]


def _ordered(first: str) -> Sequence[str]:
    return sorted(_TITLES, key=lambda figure: figure != first)


def _margin(figure: str, rules: Rules) -> float | None:
    if figure == rules.decisive_figure:
        return None
    return rules.maximum_auc_loss if figure in AUCS else rules.maximum_decision_loss


def _difference(rounds: pd.Series) -> Estimate:
    found = estimate(rounds)
    # Two models that decide alike differ by nothing in every resample: an interval of no width, not a lack of one.
    if not math.isfinite(found.low) and rounds.nunique(dropna=False) == 1:
        return Estimate(found.value, found.value, found.value)
    return found


class _Figures:
    """The figures of one model for weights of the images, as evaluate defines them."""

    def __init__(self, predictions: pd.DataFrame) -> None:
        labels, probabilities = predictions["label"].to_numpy(), predictions[PROBABILITIES].to_numpy()
        self._malignant = np.isin(labels, MALIGNANT_INDEXES)
        self._melanoma = labels == CLASS_INDEX["MEL"]
        self._called = predictions[CALLED_MALIGNANT].to_numpy(bool)
        self._classes = [Ranking(labels == k, column) for k, column in enumerate(probabilities.T)]
        self._outcome = Ranking(self._malignant, malignant_score(probabilities))

    def __call__(self, weights: np.ndarray) -> dict[str, np.ndarray]:
        """Figures, float64 [rounds], for weights, float64 [images, rounds]; NaN where a round allows none."""
        classes = np.array([ranking.areas(weights)[0] for ranking in self._classes])
        held = np.isfinite(classes)
        with np.errstate(invalid="ignore"):
            macro = np.where(held, classes, 0.0).sum(axis=0) / held.sum(axis=0)
        aucs = (macro, classes[CLASS_INDEX["MEL"]], self._outcome.areas(weights)[0])
        decisions = (
            _share(self._called, self._melanoma, weights),
            _share(self._called, self._malignant, weights),
            _share(~self._called, ~self._malignant, weights),
        )
        return dict(zip((*AUCS, *DECISIONS), (*aucs, *decisions), strict=True))


def _share(chosen: np.ndarray, among: np.ndarray, weights: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        return np.asarray((chosen & among).astype(float) @ weights / (among.astype(float) @ weights))


def _shown(figure: float) -> str:
    return f"{figure:.3f}" if math.isfinite(figure) else "–"
