"""The population stability index: how far one histogram has moved from another.

PSI = Σ (a - e) ln(a / e), over the bins, of the observed shares a and the expected shares e: the Kullback-Leibler
divergence both ways. Its limits of 0.1 and 0.25 are a rule of thumb of credit scoring (Siddiqi: Credit Risk Scorecards,
2006, chapter 9; Lewis: An Introduction to Credit Scoring, 1994), and say nothing of how many were counted. By chance
alone it is about (1/n + 1/m) times a chi-squared with one degree of freedom less than there are bins (Yurdakul,
Naranjo: Statistical properties of the population stability index, Journal of Risk Model Validation 14 (4), 2020), hence
a second limit beside them.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import chi2

MODERATE = 0.1
MAJOR = 0.25
CHANCE = 0.95
"""Of all indexes where nothing has changed, the share that lies below `by_chance`."""

_PRIOR = 0.5


def psi(expected: Sequence[int], observed: Sequence[int]) -> float:
    """The index of two histograms of the same bins, neither of them empty.

    An empty bin would make it infinite. So half a value is added to each bin of the expected counts (Krichevsky,
    Trofimov 1981), and one to all of the observed ones, shared out as the expected: it pulls towards no change, and
    few records alone do not look like drift. Bins that are empty in both are left out.
    """
    counts = _counted(expected, observed)
    before, now = counts + np.array([[_PRIOR], [0.0]])
    shares = before / before.sum()
    shares_now = (now + shares) / (now.sum() + 1)
    return float(((shares_now - shares) * np.log(shares_now / shares)).sum())


def by_chance(expected: Sequence[int], observed: Sequence[int]) -> float:
    """What the index stays below in `CHANCE` of cases where nothing has changed, each record of its own patient."""
    counts = _counted(expected, observed)
    return float((1 / counts.sum(axis=1)).sum() * chi2.ppf(CHANCE, counts.shape[1] - 1)) if counts.shape[1] > 1 else 0.0


def verdict(index: float, chance: float) -> str:
    """What an index says: stable, within chance (though above the rule of thumb's first limit), moderate, or major."""
    if index < MODERATE:
        return "stable"
    if index <= chance:
        return "within chance"
    return "moderate" if index < MAJOR else "major"


def _counted(expected: Sequence[int], observed: Sequence[int]) -> np.ndarray:
    """float64 [2, bins], without the bins that are empty in both."""
    counts = np.array([expected, observed], np.float64)
    return counts[:, counts.any(axis=0)]
