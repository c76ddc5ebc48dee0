"""Each clean picture's heat map against its lesion, and against the maps of models that have learnt nothing."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from components.robustness.batches import Batch
from components.robustness.heatmaps import likeness, share_inside
from components.robustness.model import Answer, Model
from components.robustness.sampling import lot
from components.robustness.segmentation import segment

ORDERS = 3
"""Times that the weights are shuffled. One order favours some places of all pictures alike: a few even that out."""

SHOWN = 4
"""Pictures that are kept to be shown, at most, of those decided rightly, and as many of those decided wrongly."""


@dataclass(frozen=True)
class Shown:
    """A picture with its maps."""

    image_id: str
    label: int
    decided: int
    """By the ensemble: the class of the maps."""
    picture: np.ndarray
    """uint8 [crop, crop, 3]."""
    lesion: np.ndarray | None
    """bool [crop, crop]; None where none was found."""
    heatmap: np.ndarray
    """float32 [rows, columns]."""
    shuffled: np.ndarray
    """float32 [rows, columns], of the first order."""

    @property
    def right(self) -> bool:
        """Whether the decision is."""
        return self.decided == self.label


@dataclass
class Explained:
    """What is known of the maps so far: a few numbers for each picture, and some pictures to show.

    Args:
        shuffled: the model in `ORDERS` shuffled copies.
        seed: of the lots that say which pictures are shown.
    """

    shuffled: list[Model]
    seed: int
    shown: list[Shown] = field(init=False, default_factory=list)
    """Rightly decided ones first; which, neither order nor batches of the pictures change."""
    _image_ids: list[str] = field(init=False, default_factory=list)
    _figures: list[list[float]] = field(init=False, default_factory=list)

    def add(self, batch: Batch, pictures: Mapping[int, np.ndarray], answer: Answer) -> None:
        """Take in a batch of clean pictures.

        Args:
            batch: the pictures.
            pictures: the same at all crops, as the model takes them.
            answer: the model's.
        """
        decided = answer.decided[:, 0]
        places = np.arange(len(decided)), decided
        of_shuffled = [model.answer(pictures, batch.demographics).heatmaps[places] for model in self.shuffled]
        pairs = zip(batch.image_ids, batch.pictures, answer.heatmaps[places], strict=True)
        for index, (name, picture, heatmap) in enumerate(pairs):
            others, lesion = [maps[index] for maps in of_shuffled], segment(picture)
            self._image_ids.append(name)
            self._figures.append(_figures(heatmap, others, lesion))
            label, of_class = int(batch.labels[index]), int(decided[index])
            self.shown.append(Shown(name, label, of_class, picture, lesion, heatmap, others[0]))
        self.shown = [one for right in (True, False) for one in self._first(right)]

    def table(self) -> pd.DataFrame:
        """A row for each picture, sorted by name: image_id, area (of the lesion, share of the picture), inside and
        shuffled_inside (share of the map's energy on the lesion), likeness_1 and so on (of the map to that of each
        shuffled model). NaN where there is no lesion, no energy, or an even map.
        """
        figures = pd.DataFrame(self._figures, columns=["area", "inside", "shuffled_inside", *likenesses()], dtype=float)
        figures.insert(0, "image_id", self._image_ids)
        return figures.sort_values("image_id", ignore_index=True)

    def _first(self, right: bool) -> list[Shown]:
        """Those on which the lot falls."""
        of_kind = (one for one in self.shown if one.right == right)
        return sorted(of_kind, key=lambda one: lot(one.image_id, self.seed))[:SHOWN]


def likenesses() -> list[str]:
    """The table's columns that compare to a shuffled model, one for each order."""
    return [f"likeness_{order + 1}" for order in range(ORDERS)]


def _figures(heatmap: np.ndarray, others: list[np.ndarray], lesion: np.ndarray | None) -> list[float]:
    """In the order of the table's columns."""
    alike = [likeness(heatmap, other) for other in others]
    if lesion is None:
        return [math.nan, math.nan, math.nan, *alike]
    shuffled_inside = pd.Series([share_inside(other, lesion) for other in others]).mean()  # of those that have energy
    return [float(lesion.mean()), share_inside(heatmap, lesion), float(shuffled_inside), *alike]
