"""All figures of one model on 58,000 images for 1,000 resamples of their groups, against a loop over scikit-learn.

The peer works out the same figures for the first few of the same resamples, given as sample weights; its time is scaled
to all of them.
"""

import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import metrics

from components.common.bootstrap import Resamples, bootstrap
from components.common.predictions import malignant_score
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES
from components.evaluate.scores import Scores, without_unknown
from tests.bench.harness import Result, in_own_process, in_turns

NAME = "evaluate.bootstrap"

IMAGES, GROUPS, ROUNDS = 58_000, 30_000, 1_000
PEER_ROUNDS = 3
TIMES = 3
THRESHOLD = 0.3

# As in the training sets of ISIC 2019 and 2020 together.
SHARES = (0.09, 0.31, 0.057, 0.015, 0.045, 0.004, 0.004, 0.011, 0.464)


@dataclass(frozen=True)
class Case:
    """Made-up predictions, right more often than not."""

    labels: np.ndarray
    probabilities: np.ndarray
    resamples: Resamples


def run(isic: Path) -> Result:
    """Seconds for all rounds; the note gives the peer's figures and our peak memory."""
    ours, peer, megabytes, figures, difference = in_own_process(measure)
    return Result(
        NAME,
        "seconds",
        ours,
        f"{IMAGES:,} predictions of 9 classes, {ROUNDS:,} resamples of {GROUPS:,} groups, {figures} figures, one core; "
        f"peak memory of the process {megabytes:.0f} MB. Peer: scikit-learn with sample weights for {PEER_ROUNDS} of "
        f"the same resamples, scaled to all; largest difference of a figure {difference:.0e}.",
        "scikit-learn loop, scaled",
        peer,
        peer / ours,
    )


def measure() -> tuple[float, float, float, int, float]:
    """Our seconds and the peer's, our peak megabytes, the number of figures, and the largest difference of one."""
    given = case()
    found = ours(given)
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds, peer_seconds = in_turns([lambda: ours(given), lambda: peer(given)], TIMES)
    expected = peer(given)
    difference = (
        (found[list(expected)].iloc[1 : PEER_ROUNDS + 1].reset_index(drop=True) - expected).abs().max(axis=None)
    )
    return seconds, peer_seconds * ROUNDS / PEER_ROUNDS, megabytes, len(found.columns), float(difference)


def case() -> Case:
    random = np.random.default_rng(0)
    labels = random.choice(len(CLASSES), IMAGES, p=np.array(SHARES) / sum(SHARES))
    logits = random.normal(size=(IMAGES, len(CLASSES))) + 1.5 * np.eye(len(CLASSES))[labels]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return Case(labels, probabilities, Resamples(random.integers(0, GROUPS, IMAGES), ROUNDS, seed=0))


def ours(given: Case) -> pd.DataFrame:
    return bootstrap(given.resamples, {"": Scores(given.labels, given.probabilities, THRESHOLD)})[""]


def peer(given: Case) -> pd.DataFrame:
    weights = next(given.resamples.weights())[:, 1 : PEER_ROUNDS + 1]
    return pd.DataFrame([round_of(given, weight) for weight in weights.T])


def round_of(given: Case, weight: np.ndarray) -> dict[str, float]:
    """All figures of a resample; without UNK too."""
    labels, probabilities = given.labels, given.probabilities
    known = labels != CLASSES.index("UNK")
    figures = of_classes(labels, probabilities, weight)
    without = of_classes(labels[known], without_unknown(probabilities)[known], weight[known])
    figures |= {f"{name}_without_unk": value for name, value in without.items()}
    malignant, score = np.isin(labels, MALIGNANT_INDEXES), malignant_score(probabilities)
    called = score >= THRESHOLD
    for ending, rows in (("", np.ones(len(labels), bool)), ("_without_unk", known)):
        true, given_weight = malignant[rows], weight[rows]
        figures |= {
            f"malignant_auc{ending}": metrics.roc_auc_score(true, score[rows], sample_weight=given_weight),
            f"malignant_average_precision{ending}": metrics.average_precision_score(
                true, score[rows], sample_weight=given_weight
            ),
            f"malignant_sensitivity{ending}": metrics.recall_score(true, called[rows], sample_weight=given_weight),
            f"malignant_specificity{ending}": metrics.recall_score(~true, ~called[rows], sample_weight=given_weight),
        }
    melanoma = labels == CLASSES.index("MEL")
    return figures | {"melanoma_sensitivity": np.average(called[melanoma], weights=weight[melanoma])}


def of_classes(labels: np.ndarray, probabilities: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    predicted, present = probabilities.argmax(axis=1), np.unique(labels)
    *each, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=present, sample_weight=weight, zero_division=0.0
    )
    columns = [(labels == label, probabilities[:, label]) for label in present]
    each.append([metrics.roc_auc_score(*column, sample_weight=weight) for column in columns])
    each.append([metrics.average_precision_score(*column, sample_weight=weight) for column in columns])
    figures: dict[str, float] = {}
    for name, values in zip(("precision", "recall", "f1", "auc", "average_precision"), each, strict=True):
        figures |= {f"{name}_{CLASSES[label]}": value for label, value in zip(present, values, strict=True)}
        figures[f"macro_{name}"] = float(np.mean(values))
        if name in ("precision", "recall", "f1"):
            figures[f"weighted_{name}"] = float(np.average(values, weights=support))
    squares = ((probabilities - np.eye(len(CLASSES))[labels]) ** 2).sum(axis=1)
    return figures | {
        "accuracy": metrics.accuracy_score(labels, predicted, sample_weight=weight),
        "balanced_accuracy": metrics.balanced_accuracy_score(labels, predicted, sample_weight=weight),
        "melanoma_auc": figures["auc_MEL"],
        "melanoma_average_precision": figures["average_precision_MEL"],
        "brier": float(np.average(squares, weights=weight)),
        "ece": calibration_error(probabilities.max(axis=1), predicted == labels, weight),
    }


def calibration_error(confidence: np.ndarray, right: np.ndarray, weight: np.ndarray) -> float:
    bins = np.minimum((confidence * 15).astype(int), 14)
    gaps = np.bincount(bins, weights=weight * (confidence - right), minlength=15)
    return float(np.abs(gaps).sum() / weight.sum())
