"""The converted ensemble, loaded and checked: what robustness measures and cad serves."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from components.common import demographics
from components.common.cores import available_cores
from components.common.errors import DataError
from components.common.files import read_json, sha256
from components.common.member import DEMOGRAPHICS
from components.common.onnx_model import DESCRIPTION_FILE, MODEL_FILE, pixels_input
from components.common.taxonomy import CLASSES

OUTPUTS: tuple[str, ...] = ("probabilities", "member_probabilities", "heatmaps", "out_of_distribution")
"""What `answer` gives, in this order; an ensemble may have more."""

_PIXELS = re.compile(r"pixels_(\d+)")


class OnnxEnsemble:
    """A loaded ensemble.

    Args:
        folder: that convert wrote.
        options: of onnxruntime's session; left out, as `session_options` gives them.

    Raises:
        StorageError: `model.json` is absent or not JSON.
        DataError: `ensemble.onnx` is absent, is not the one described, does not load, or has other inputs, outputs or
            classes than convert gives it.
    """

    def __init__(self, folder: Path, options: onnxruntime.SessionOptions | None = None) -> None:
        description, self.file = folder / DESCRIPTION_FILE, folder / MODEL_FILE
        self.described: Mapping[str, Any] = read_json(description)
        if not self.file.is_file():
            raise DataError(f"no {MODEL_FILE} in {folder}: run convert again")
        self.session = load(self.file, options)
        try:
            members = [str(member["name"]) for member in self.described["members"]]
            classes, digest = self.described["classes"], self.described["sha256"]
            fingerprint = str(self.described["records_fingerprint"])
            threshold = float(self.described["out_of_distribution_threshold"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{description} describes no ensemble: {error!r}; run convert again") from error
        if tuple(classes) != CLASSES:
            raise DataError(f"the model in {folder} has the classes {classes}, this version has {list(CLASSES)}")
        if sha256(self.file) != digest:
            raise DataError(f"{self.file} is not the file that {description.name} describes: run convert again")
        _check_outputs(self.session, len(members), folder)
        self.crops: list[int] = _crops(self.session, folder)
        """Side lengths of the pictures that it takes, rising."""
        self.members: list[str] = members
        """Names, in the order of the models after the ensemble."""
        self.fingerprint: str = fingerprint
        """Of the records that it was made from."""
        self.digest: str = digest
        """SHA-256 of `ensemble.onnx`."""
        self.threshold: float = threshold
        """Of the out-of-distribution score: what lies above is flagged."""


def session_options() -> onnxruntime.SessionOptions:
    """As many threads as there are cores; onnxruntime's own guess does not know of a container's limit."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = available_cores()
    return options


def load(model: Path | bytes, options: onnxruntime.SessionOptions | None = None) -> onnxruntime.InferenceSession:
    """Load an ONNX file, or its bytes, for the CPU.

    Raises:
        DataError: onnxruntime does not load it.
    """
    try:
        return onnxruntime.InferenceSession(model, options or session_options(), providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's exceptions have no common base of their own
        what = model if isinstance(model, Path) else "the model"
        raise DataError(f"onnxruntime does not load {what}: {error}; run convert again") from error


def inputs_of(pictures: Mapping[int, np.ndarray], patients: np.ndarray) -> dict[str, np.ndarray]:
    """What an ensemble is fed, of a batch, or (without the first axis) of one picture.

    Args:
        pictures: for each crop uint8 [batch, crop, crop, 3].
        patients: demographics, float32 [batch, LENGTH].
    """
    return {**{pixels_input(crop): some for crop, some in pictures.items()}, DEMOGRAPHICS: patients}


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
    found = {tensor.name: tensor.shape[1:] for tensor in session.get_outputs() if tensor.name in OUTPUTS}
    grid = found.get("heatmaps", [])[1:3]
    shapes: list[list[Any]] = [[len(CLASSES)], [members, len(CLASSES)], [len(CLASSES), *grid], []]
    if found != dict(zip(OUTPUTS, shapes, strict=True)):
        raise DataError(
            f"the model in {folder} has the outputs {_listed(session.get_outputs())}, but must have probabilities "
            f"[batch, {len(CLASSES)}], member_probabilities [batch, {members}, {len(CLASSES)}], heatmaps [batch, "
            f"{len(CLASSES)}, rows, columns] and out_of_distribution [batch]: run convert again"
        )


def _listed(tensors: Sequence[Any]) -> str:
    return ", ".join(f"{tensor.name} {tensor.type} {tensor.shape}" for tensor in tensors)
