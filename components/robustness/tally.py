"""What is counted while the images go by: as much for one image as for a million, but for a few bytes each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from components.common.taxonomy import CLASSES
from components.robustness.corruptions import CORRUPTIONS, SEVERITIES, Corruption

Condition = tuple[Corruption, int] | None
"""A corruption and its severity; None is the clean picture."""


def conditions() -> Iterator[Condition]:
    """All conditions, the clean one first."""
    yield None
    yield from ((corruption, severity) for corruption in CORRUPTIONS for severity in SEVERITIES)


@dataclass(frozen=True)
class Answers:
    """How often each model was wrong about each image."""

    image_ids: list[str]
    labels: np.ndarray
    """Class indexes, int64 [images]."""
    clean_errors: np.ndarray
    """float64 [images, models]: 1 where the clean picture's class is wrong, else 0."""
    errors: np.ndarray
    """float64 [images, models]: share of the corrupted pictures whose class is wrong."""


@dataclass
class Tally:
    """Counts over all images so far.

    Args:
        models: how many there are: the ensemble, then its members.
    """

    models: int
    confusion: dict[Condition, np.ndarray] = field(init=False)
    """For each condition int64 [models, 9, 9]: images by true and by decided class."""
    changed: dict[Condition, np.ndarray] = field(init=False)
    """For each condition int64 [models]: images whose decision is another than that of the clean picture."""
    _images: list[str] = field(init=False, default_factory=list)
    _batches: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = field(init=False, default_factory=list)
    _clean: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        shape = (self.models, len(CLASSES), len(CLASSES))
        self.confusion = {condition: np.zeros(shape, np.int64) for condition in conditions()}
        self.changed = {condition: np.zeros(self.models, np.int64) for condition in conditions()}

    def start(self, image_ids: Sequence[str], labels: np.ndarray) -> None:
        """Begin a batch: its clean pictures come first, then all that was made of them."""
        self._images += image_ids
        self._batches.append((labels, *np.zeros((2, len(labels), self.models), np.uint16)))

    def add(self, condition: Condition, decided: np.ndarray) -> None:
        """Count the decisions, int64 [batch, models], on the batch's pictures under a condition."""
        labels, clean_errors, errors = self._batches[-1]
        wrong = decided != labels[:, None]
        if condition is None:
            self._clean = decided
            clean_errors += wrong
        else:
            errors += wrong
        for model, of_model in enumerate(decided.T):
            np.add.at(self.confusion[condition][model], (labels, of_model), 1)
        self.changed[condition] += (decided != self._clean).sum(axis=0)

    def answers(self) -> Answers:
        """What is known of each image; sorted by name, so that the order in which they came leaves no trace."""
        order = sorted(range(len(self._images)), key=self._images.__getitem__)
        labels, clean_errors, errors = (np.concatenate(parts)[order] for parts in zip(*self._batches, strict=True))
        corrupted = len(CORRUPTIONS) * len(SEVERITIES)
        return Answers([self._images[index] for index in order], labels, clean_errors * 1.0, errors / corrupted)
