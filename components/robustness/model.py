"""The ONNX ensemble as it is served, what it decides, and on what it looks."""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass

import numpy as np
import onnx

from components.common.onnx_ensemble import OUTPUTS, OnnxEnsemble, inputs_of, load
from components.robustness.shuffling import shuffled


@dataclass(frozen=True)
class Answer:
    """What the ensemble says of a batch of pictures."""

    decided: np.ndarray
    """The most probable class by the ensemble and by each of its members, int64 [batch, 1 + members]."""
    heatmaps: np.ndarray
    """Class activation maps of the ensemble, float32 [batch, 9, rows, columns]."""
    out_of_distribution: np.ndarray
    """Scores, float32 [batch]: the higher, the less a picture is like those of the training."""


class Model(OnnxEnsemble):
    """A loaded ensemble, see `OnnxEnsemble`."""

    def answer(self, pictures: Mapping[int, np.ndarray], patients: np.ndarray) -> Answer:
        """What it says of some pictures.

        Args:
            pictures: for each crop uint8 [batch, crop, crop, 3].
            patients: demographics, float32 [batch, LENGTH].
        """
        inputs = inputs_of({crop: pictures[crop] for crop in self.crops}, patients)
        together, apart, heatmaps, scores = self.session.run(OUTPUTS, inputs)
        return Answer(np.concatenate([together[:, None], apart], axis=1).argmax(axis=2), heatmaps, scores)

    def shuffled(self, seed: int) -> "Model":
        """The same with the weights of its members in a random order; see `shuffling.shuffled`.

        Raises:
            DataError: it has no weights by the names that convert gives them.
        """
        other = copy(self)
        other.session = load(shuffled(onnx.load(self.file), seed).SerializeToString())
        return other
