"""Fitting the ensemble on the validation split: rank distributions, calibration, thresholds."""

from dataclasses import replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax, logit

from components.common.ensemble import LEAST_DISTANCE, MARGIN, Ensemble
from components.common.predictions import malignant_score
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.decisions import (
    abstain_threshold,
    confidence,
    malignant_threshold,
    unusual_threshold,
)

# Knots of each rank distribution: enough that a rank is known to half a percent.
_KNOTS = 256

# Knots closer than this, or than this share of their value, are one. Two float32 graphs of one network differ by some
# 1e-7 of a probability; a steeper slope would turn that into a visible difference of ranks.
_SMALLEST_GAP = 1e-6
_SMALLEST_SHARE = 1e-3

# Weight of the pull towards scale 1 and bias 0, in images: keeps classes with few validation images, or none, sane.
_PRIOR = 1.0


def fit_ensemble(
    members: list[str],
    method: str,
    probabilities: np.ndarray,
    distances: np.ndarray,
    labels: np.ndarray,
    *,
    minimum_sensitivity: float,
    abstained_share: float,
    out_of_distribution_share: float,
    fingerprint: str,
) -> Ensemble:
    """Fit on the validation split.

    Args:
        members: names, in the order of the member axis.
        method: "rank" or "probability".
        probabilities: float64 [images, M, 9].
        distances: of the features from those of the training, float64 [images, M].
        labels: int64 [images].
        minimum_sensitivity: for malignant lesions, that the threshold must reach.
        abstained_share: of these images, those of least confidence, that are left to a person.
        out_of_distribution_share: of these images, those least like the training images, that are called so.
        fingerprint: of the records.
    """
    knots, levels = rank_distributions(probabilities)
    logs = np.log(np.maximum(distances, LEAST_DISTANCE))
    spread = logs.std(axis=0)
    uncalibrated = Ensemble(
        members=members,
        method=method,
        knots=knots,
        levels=levels,
        scale=np.ones(len(CLASSES)),
        bias=np.zeros(len(CLASSES)),
        malignant_threshold=0.5,
        abstain_threshold=0.0,
        distance_centre=logs.mean(axis=0),
        distance_spread=np.where(spread > 0, spread, 1.0),
        out_of_distribution_threshold=0.0,
        fingerprint=fingerprint,
    )
    scale, bias = fit_calibration(uncalibrated.average(probabilities), labels)
    calibrated = replace(uncalibrated, scale=scale, bias=bias)
    predicted = calibrated.predict(probabilities)
    malignant = np.isin(labels, MALIGNANT_INDEXES)
    return replace(
        calibrated,
        malignant_threshold=malignant_threshold(malignant_score(predicted), malignant, minimum_sensitivity),
        abstain_threshold=abstain_threshold(confidence(predicted), abstained_share),
        out_of_distribution_threshold=unusual_threshold(
            calibrated.out_of_distribution(distances), out_of_distribution_share
        ),
    )


def rank_distributions(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distribution of each member's and class's probabilities, as knots and their ranks.

    Ties share the middle of their ranks; 0 has rank 0 and 1 has rank 1, so no value lies outside.

    Args:
        probabilities: float64 [images, M, 9], of the validation split.

    Returns:
        knots and levels, float64 [M, 9, K], as `Ensemble` has them.
    """
    members, classes = probabilities.shape[1:]
    pairs = [_distribution(probabilities[:, m, k]) for m in range(members) for k in range(classes)]
    longest = max(len(knots) for knots, _ in pairs)
    knots = np.stack([_padded(knots, longest) for knots, _ in pairs])
    levels = np.stack([np.pad(levels, (0, longest - len(levels)), constant_values=1.0) for _, levels in pairs])
    return knots.reshape(members, classes, longest), levels.reshape(members, classes, longest)


def _distribution(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mid-ranks at up to _KNOTS of the sorted values, between (0, 0) and (1, 1)."""
    ordered = np.sort(values)
    chosen = np.unique(ordered[np.linspace(0, len(ordered) - 1, min(_KNOTS, len(ordered))).astype(int)])
    below, upto = np.searchsorted(ordered, chosen, "left"), np.searchsorted(ordered, chosen, "right")
    levels = (below + upto) / (2 * len(ordered))
    knots = [0.0]
    ranks = [0.0]
    for knot, level in zip(chosen, levels, strict=True):
        gap = max(_SMALLEST_GAP, _SMALLEST_SHARE * knot)
        if knot - knots[-1] >= gap and 1.0 - knot >= gap:
            knots.append(float(knot))
            ranks.append(float(level))
    return np.array([*knots, 1.0]), np.array([*ranks, 1.0])


def _padded(knots: np.ndarray, length: int) -> np.ndarray:
    """Lengthen with knots above 1, which no probability reaches."""
    return np.concatenate([knots, 2.0 + np.arange(length - len(knots))])


def fit_calibration(average: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fit vector scaling by maximum likelihood with a weak prior at scale 1 and bias 0.

    Args:
        average: float64 [images, 9], the members' average in [0, 1].
        labels: int64 [images].

    Returns:
        scale (positive) and bias, float64 [9] each.
    """
    inputs = logit(np.clip(average, MARGIN, 1 - MARGIN))
    targets = np.eye(len(CLASSES))[labels]

    def objective(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        scale, bias = np.split(parameters, 2)
        logs = log_softmax(scale * inputs + bias, axis=1)
        error = np.exp(logs) - targets
        loss = -(targets * logs).sum() + _PRIOR * (((scale - 1) ** 2).sum() + (bias**2).sum()) / 2
        gradient = np.concatenate(
            [(error * inputs).sum(axis=0) + _PRIOR * (scale - 1), error.sum(axis=0) + _PRIOR * bias]
        )
        return float(loss), gradient

    start = np.concatenate([np.ones(len(CLASSES)), np.zeros(len(CLASSES))])
    bounds = [(1e-2, None)] * len(CLASSES) + [(None, None)] * len(CLASSES)
    fitted = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds)
    scale, bias = np.split(fitted.x, 2)
    return scale, bias
