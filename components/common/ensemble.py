"""The ensemble as numbers: how three members' probabilities become one calibrated answer, for one image or many.

A rank is a place in a batch, so averaging ranks as such cannot score one patient. Instead each member and class keeps
the distribution of its probabilities on the validation split: it maps any probability to a rank in [0, 1]. The ranks of
the members are averaged, then calibrated to nine probabilities by vector scaling (Guo et al. 2017, arXiv 1706.04599).
The evaluate stage fits an `Ensemble`, the convert stage writes it as ONNX.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from scipy.special import logit, softmax

from components.common.errors import DataError
from components.common.files import read_json, write_json
from components.common.predictions import malignant_score
from components.common.taxonomy import CLASSES

METHODS: tuple[str, ...] = ("rank", "probability")

MARGIN = 1e-3
"""Averages are kept this far from 0 and 1 before their logit is taken."""

LEAST_DISTANCE = 1e-6
"""Feature distances below it are taken for it before their logarithm is taken; 1 is usual."""

_ENSEMBLE_FILE = "ensemble.json"
_ARRAYS = ("knots", "levels", "scale", "bias", "distance_centre", "distance_spread")


@dataclass(frozen=True)
class Ensemble:
    """A fitted ensemble of M members over the nine classes."""

    members: list[str]
    """Names, in the order of every array's member axis."""
    method: str
    """What is averaged: "rank" or "probability"."""
    knots: np.ndarray
    """float64 [M, 9, K], strictly increasing along the last axis: probabilities of known rank. The first is 0; where
    a class has fewer than K, the rest lie above 1."""
    levels: np.ndarray
    """float64 [M, 9, K]: the ranks of the knots, from 0 to 1, never falling."""
    scale: np.ndarray
    """float64 [9], positive: the calibration's factor of each class."""
    bias: np.ndarray
    """float64 [9]: the calibration's offset of each class."""
    malignant_threshold: float
    """A lesion counts as malignant where the sum of its malignant classes reaches this."""
    abstain_threshold: float
    """Where the largest of the nine probabilities lies below this, the ensemble abstains: a person must look."""
    distance_centre: np.ndarray
    """float64 [M]: the mean of the logarithms of each member's feature distances on validation."""
    distance_spread: np.ndarray
    """float64 [M], positive: their standard deviation."""
    out_of_distribution_threshold: float
    """Where the out-of-distribution score lies above this, the picture is not like those of the training."""
    fingerprint: str
    """Fingerprint of the records that the members were trained on."""

    def ranks(self, probabilities: np.ndarray) -> np.ndarray:
        """Ranks in [0, 1], float64 [batch, M, 9], of the members' probabilities [batch, M, 9]."""
        ranks = np.empty(probabilities.shape, np.float64)
        for member, knots in enumerate(self.knots):
            for label in range(len(CLASSES)):
                ranks[:, member, label] = np.interp(
                    probabilities[:, member, label], knots[label], self.levels[member, label]
                )
        return ranks

    def average(self, probabilities: np.ndarray) -> np.ndarray:
        """The members' average, float64 [batch, 9], of ranks or of probabilities as `method` says."""
        scores = self.ranks(probabilities) if self.method == "rank" else probabilities
        return scores.mean(axis=1, dtype=np.float64)

    def predict(self, probabilities: np.ndarray) -> np.ndarray:
        """Calibrated probabilities, float64 [batch, 9], of the members' probabilities [batch, M, 9]."""
        return calibrate(self.average(probabilities), self.scale, self.bias)

    def out_of_distribution(self, distances: np.ndarray) -> np.ndarray:
        """How unusual pictures are, float64 [batch], of the members' feature distances [batch, M]: in standard
        deviations from what is usual, as a mean over the members.
        """
        logs = np.log(np.maximum(distances.astype(np.float64), LEAST_DISTANCE))
        return np.asarray(((logs - self.distance_centre) / self.distance_spread).mean(axis=1))

    def decisions(self, probabilities: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """All that is decided of a picture, int64 [batch, 4]: the index of the most probable class; 1 where the lesion
        counts as malignant; 1 where the ensemble abstains; 1 where the picture is not like those of the training.

        Args:
            probabilities: calibrated, [batch, 9].
            scores: out-of-distribution scores, [batch].
        """
        malignant = malignant_score(probabilities) >= self.malignant_threshold
        abstains = probabilities.max(axis=1) < self.abstain_threshold
        unusual = scores > self.out_of_distribution_threshold
        return np.stack([probabilities.argmax(axis=1), malignant, abstains, unusual], axis=1).astype(np.int64)


def calibrate(average: np.ndarray, scale: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """Vector scaling: softmax over the classes of scale * logit(average) + bias, float64 [batch, 9]."""
    return np.asarray(softmax(scale * logit(np.clip(average, MARGIN, 1 - MARGIN)) + bias, axis=1))


def write_ensemble(folder: Path, ensemble: Ensemble) -> None:
    """Write `ensemble.json`."""
    arrays = {name: getattr(ensemble, name).tolist() for name in _ARRAYS}
    write_json(folder / _ENSEMBLE_FILE, {**asdict(ensemble), **arrays, "classes": list(CLASSES)})


def read_ensemble(folder: Path) -> Ensemble:
    """Read `ensemble.json`.

    Raises:
        StorageError: it is absent or not JSON.
        DataError: it describes no ensemble, or one of other classes, or in another order.
    """
    path = folder / _ENSEMBLE_FILE
    values = read_json(path)
    try:
        classes = values.pop("classes")
        arrays = {name: np.array(values.pop(name), np.float64) for name in _ARRAYS}
        ensemble = Ensemble(**{**values, **arrays})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} describes no ensemble of this version: {error!r}; run evaluate again") from error
    if tuple(classes) != CLASSES:
        raise DataError(f"the ensemble in {folder} has the classes {classes}, this version has {list(CLASSES)}")
    return ensemble
