"""Are the ensemble's errors under corruption fewer than its members'? Differences with bootstrap intervals.

An image's share of wrong decisions over all corruptions and severities, averaged over the images of each class and then
over the classes, is the mean over corruptions and severities of the balanced error. So one number for each image and
model is enough to draw again from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from components.common.bootstrap import Estimate, Figures, Resamples, bootstrap, estimate
from components.common.taxonomy import CLASSES
from components.robustness.tally import Answers

ROUNDS = 1000


@dataclass(frozen=True)
class ModelErrors:
    """One model under corruption; balanced errors, each from 0 to 1."""

    name: str
    clean: Estimate
    corrupted: Estimate
    """Mean corruption error."""
    rise: Estimate
    """Mean corruption error less the clean error."""
    more: Estimate
    """Mean corruption error less the ensemble's."""
    more_rise: Estimate
    """Rise less the ensemble's."""


def compare(answers: Answers, groups: Mapping[str, str], names: Sequence[str], seed: int) -> list[ModelErrors]:
    """Errors of the ensemble and its members, on the same resamples of the same groups.

    Args:
        answers: of all images.
        groups: of each image, by its name: images of one patient or lesion are drawn together.
        names: of the models, the ensemble's first.
        seed: of the resamples.
    """
    resamples = Resamples(np.array([groups[name] for name in answers.image_ids]), ROUNDS, seed)
    rounds = bootstrap(
        resamples,
        {
            name: _balanced_errors(answers.labels, answers.clean_errors[:, model], answers.errors[:, model])
            for model, name in enumerate(names)
        },
    )
    ensemble = rounds[names[0]]
    return [
        ModelErrors(
            name,
            clean=estimate(of_model["clean"]),
            corrupted=estimate(of_model["corrupted"]),
            rise=estimate(of_model["rise"]),
            more=estimate(of_model["corrupted"] - ensemble["corrupted"]),
            more_rise=estimate(of_model["rise"] - ensemble["rise"]),
        )
        for name, of_model in rounds.items()
    ]


def _balanced_errors(labels: np.ndarray, clean: np.ndarray, corrupted: np.ndarray) -> Figures:
    """Gives the balanced errors of one model, and the rise from one to the other, for weights of the images."""
    of_class = np.eye(len(CLASSES))[:, labels]

    def figures(weights: np.ndarray) -> dict[str, np.ndarray]:
        images = of_class @ weights
        with np.errstate(invalid="ignore"):
            shares = [(of_class * wrong) @ weights / images for wrong in (clean, corrupted)]
        clean_error, corrupted_error = (np.nanmean(share, axis=0) for share in shares)
        return {"clean": clean_error, "corrupted": corrupted_error, "rise": corrupted_error - clean_error}

    return figures
