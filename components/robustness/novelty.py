"""The out-of-distribution score of every picture: clean, corrupted, and of things that are no lesions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from components.common import demographics
from components.robustness.batches import BATCH_SIZE, shrunk
from components.robustness.model import Model
from components.robustness.non_lesions import NonLesion, non_lesions
from components.robustness.tally import Condition, conditions


@dataclass(frozen=True)
class Stranger:
    """A picture of no lesion, with its score."""

    shown: NonLesion
    score: float
    """The ensemble's."""


@dataclass
class Novelty:
    """The scores so far: four bytes for each image and condition.

    Args:
        strangers: see `ask_of_non_lesions`.
    """

    strangers: list[Stranger]
    _image_ids: list[str] = field(init=False, default_factory=list)
    _scores: dict[Condition, list[np.ndarray]] = field(
        init=False, default_factory=lambda: {condition: [] for condition in conditions()}
    )

    def add(self, condition: Condition, image_ids: Sequence[str], scores: np.ndarray) -> None:
        """Take in a batch under a condition, scores float32 [batch]; every condition gets the batches in one order."""
        if condition is None:
            self._image_ids += image_ids
        self._scores[condition].append(scores)

    def scores(self) -> tuple[list[str], dict[Condition, np.ndarray]]:
        """Names of the images, and for each condition their scores, float64 [images]; sorted by name, so that the order
        in which they came leaves no trace.
        """
        order = sorted(range(len(self._image_ids)), key=self._image_ids.__getitem__)
        scores = {condition: np.concatenate(parts)[order] * 1.0 for condition, parts in self._scores.items()}
        return [self._image_ids[index] for index in order], scores


def ask_of_non_lesions(model: Model) -> list[Stranger]:
    """The model's scores of `non_lesions`, of no patient."""
    pictures, scores = non_lesions(model.crops[-1]), []
    unknown = demographics.encode(None, None, None)
    for start in range(0, len(pictures), BATCH_SIZE):
        some = [one.picture for one in pictures[start : start + BATCH_SIZE]]
        answer = model.answer(shrunk(some, model.crops), np.tile(unknown, (len(some), 1)))
        scores.append(answer.out_of_distribution)
    return [Stranger(*pair) for pair in zip(pictures, np.concatenate(scores).tolist(), strict=True)]
