"""The ONNX ensemble as it is served, what it decides, and on what it looks."""

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime

from components.common import demographics
from components.common.cores import available_cores
from components.common.errors import DataError
from components.common.files import read_json, sha256
from components.common.member import DEMOGRAPHICS
from components.common.onnx_model import DESCRIPTION_FILE, MODEL_FILE, pixels_input
from components.common.taxonomy import CLASSES
from components.robustness.shuffling import shuffled

_PIXELS = re.compile(r"pixels_(\d+)")
_OUTPUTS = ["probabilities", "member_probabilities", "heatmaps", "out_of_distribution"]


@dataclass(frozen=True)
class Answer:
    """What the ensemble says of a batch of pictures."""

    decided: np.ndarray
    """The most probable class by the ensemble and by each of its members, int64 [batch, 1 + members]."""
    heatmaps: np.ndarray
    """Class activation maps of the ensemble, float32 [batch, 9, rows, columns]."""
    out_of_distribution: np.ndarray
    """Scores, float32 [batch]: the higher, the less a picture is like those of the training."""


class Model:
    """A loaded ensemble.

    Args:
        folder: that convert wrote.

    Raises:
        StorageError: `model.json` is absent or not JSON.
        DataError: `ensemble.onnx` is absent, is not the one described, does not load, or has other inputs, outputs or
            classes than convert gives it.
    """

    def __init__(self, folder: Path) -> None:
        description, file = folder / DESCRIPTION_FILE, folder / MODEL_FILE
        described = read_json(description)
        self._file = file
        self._session = _session(file)
        try:
            members = [str(member["name"]) for member in described["members"]]
            fingerprint, classes, digest = (described[key] for key in ("records_fingerprint", "classes", "sha256"))
            threshold = float(described["out_of_distribution_threshold"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{description} describes no ensemble: {error!r}; run convert again") from error
        if tuple(classes) != CLASSES:
            raise DataError(f"the model in {folder} has the classes {classes}, this version has {list(CLASSES)}")
        if sha256(file) != digest:
            raise DataError(f"{file} is not the file that {description.name} describes: run convert again")
        _check_outputs(self._session, len(members), folder)
        self.crops: list[int] = _crops(self._session, folder)
        """Side lengths of the pictures that it takes, rising."""
        self.members: list[str] = members
        """Names, in the order of the models after the ensemble."""
        self.fingerprint: str = fingerprint
        """Of the records that it was made from."""
        self.threshold: float = threshold
        """Of the out-of-distribution score: what lies above is flagged."""

    def answer(self, pictures: Mapping[int, np.ndarray], patients: np.ndarray) -> Answer:
        """What it says of some pictures.

        Args:
            pictures: for each crop uint8 [batch, crop, crop, 3].
            patients: demographics, float32 [batch, LENGTH].
        """
        pixels = {pixels_input(crop): pictures[crop] for crop in self.crops}
        together, apart, heatmaps, scores = self._session.run(_OUTPUTS, {**pixels, DEMOGRAPHICS: patients})
        return Answer(np.concatenate([together[:, None], apart], axis=1).argmax(axis=2), heatmaps, scores)

    def shuffled(self, seed: int) -> "Model":
        """The same with the weights of its members in a random order; see `shuffling.shuffled`.

        Raises:
            DataError: it has no weights by the names that convert gives them.
        """
        other = copy(self)
        other._session = _loaded(shuffled(onnx.load(self._file), seed).SerializeToString())
        return other


def _session(file: Path) -> onnxruntime.InferenceSession:
    if not file.is_file():
        raise DataError(f"no {MODEL_FILE} in {file.parent}: run convert again")
    try:
        return _loaded(file)
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        raise DataError(f"onnxruntime does not load {file}: {error}; run convert again") from error


def _loaded(model: Path | bytes) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()  # its own guess does not know of a container's limit
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _crops(session: onnxruntime.InferenceSession, folder: Path) -> list[int]:
    found = {tensor.name: (tensor.type, tensor.shape[1:]) for tensor in session.get_inputs()}
    crops = sorted(int(match[1]) for name in found if (match := _PIXELS.fullmatch(name)))
    pixels = {pixels_input(crop): ("tensor(uint8)", [crop, crop, 3]) for crop in crops}
    if not crops or found != {**pixels, DEMOGRAPHICS: ("tensor(float)", [demographics.LENGTH])}:
        raise DataError(
            f"the model in {folder} has the inputs {_listed(session.get_inputs())}, but must have pixels_<crop>, uint8 "
            f"[batch, crop, crop, 3], for at least one crop, and demographics, float32 [batch, {demographics.LENGTH}]: "
            "run convert again"
        )
    return crops


def _check_outputs(session: onnxruntime.InferenceSession, members: int, folder: Path) -> None:
    found = {tensor.name: tensor.shape[1:] for tensor in session.get_outputs() if tensor.name in _OUTPUTS}
    grid = found.get("heatmaps", [])[1:3]
    shapes: list[list[Any]] = [[len(CLASSES)], [members, len(CLASSES)], [len(CLASSES), *grid], []]
    if found != dict(zip(_OUTPUTS, shapes, strict=True)):
        raise DataError(
            f"the model in {folder} has the outputs {_listed(session.get_outputs())}, but must have probabilities "
            f"[batch, {len(CLASSES)}], member_probabilities [batch, {members}, {len(CLASSES)}], heatmaps [batch, "
            f"{len(CLASSES)}, rows, columns] and out_of_distribution [batch]: run convert again"
        )


def _listed(tensors: Sequence[Any]) -> str:
    return ", ".join(f"{tensor.name} {tensor.type} {tensor.shape}" for tensor in tensors)
