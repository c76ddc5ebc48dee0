"""The names, types and shapes of the ONNX models' inputs and outputs: what every caller relies on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper

from components.common import demographics, member
from components.common.errors import ConversionError
from components.common.onnx_model import pixels_input
from components.common.taxonomy import CLASSES

BATCH = "batch"
"""Name of the one dimension that is not fixed."""

Shape = tuple[int | str, ...]


@dataclass(frozen=True)
class Tensor:
    """One input or output."""

    name: str
    dtype: str
    """As NumPy spells it."""
    shape: Shape

    def text(self) -> str:
        """As ONNX's text format declares it: `float[batch, 9] probabilities`."""
        dtype = {"float32": "float", "float64": "double"}.get(self.dtype, self.dtype)
        return f"{dtype}[{', '.join(map(str, self.shape))}] {self.name}"

    def renamed(self, prefix: str) -> "Tensor":
        """The same under a prefixed name."""
        return Tensor(prefix + self.name, self.dtype, self.shape)


@dataclass(frozen=True)
class Interface:
    """All inputs and outputs of a model, in order."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


DEMOGRAPHICS = Tensor("demographics", "float32", (BATCH, demographics.LENGTH))
"""See `demographics.encode`."""

PROBABILITIES = Tensor("probabilities", "float32", (BATCH, len(CLASSES)))
"""In the order of `taxonomy.CLASSES`; of the ensemble: calibrated."""

AVERAGE = Tensor("average", "float32", (BATCH, len(CLASSES)))
"""The members' average before calibration, of ranks or of probabilities."""


FEATURE_DISTANCE = Tensor(member.FEATURE_DISTANCE, "float32", (BATCH,))
"""Of a member: how far the features lie from those of the training, 1 being usual."""

OUT_OF_DISTRIBUTION = Tensor("out_of_distribution", "float32", (BATCH,))
"""Of the ensemble: see `Ensemble.out_of_distribution`."""


def pixels(crop: int) -> Tensor:
    """The records' pictures of one crop size, RGB in 0..255."""
    return Tensor(pixels_input(crop), "uint8", (BATCH, crop, crop, 3))


def heatmaps(grid: tuple[int, int]) -> Tensor:
    """Class activation maps: for each class, each place's part in its logit, before averaging over the places."""
    return Tensor("heatmaps", "float32", (BATCH, len(CLASSES), *grid))


def member_interface(crop: int, grid: tuple[int, int]) -> Interface:
    """Interface of one member whose last feature map has `grid` rows and columns."""
    return Interface((pixels(crop), DEMOGRAPHICS), (PROBABILITIES, heatmaps(grid), FEATURE_DISTANCE))


def ensemble_interface(crops: Iterable[int], members: int, grid: tuple[int, int]) -> Interface:
    """Interface of the ensemble."""
    of_members = (BATCH, members, len(CLASSES))
    outputs = (
        PROBABILITIES,
        AVERAGE,
        Tensor("member_probabilities", "float32", of_members),
        Tensor("member_ranks", "float32", of_members),
        heatmaps(grid),
        OUT_OF_DISTRIBUTION,
    )
    return Interface((*map(pixels, crops), DEMOGRAPHICS), outputs)


def seal(model: onnx.ModelProto, interface: Interface) -> onnx.ModelProto:
    """Give a model exactly this interface, in this order and with a named batch dimension, and check it whole.

    Raises:
        ConversionError: its inputs or outputs are others, or ONNX's checker and shape inference refuse it.
    """
    _declare(model.graph.input, interface.inputs, "inputs")
    _declare(model.graph.output, interface.outputs, "outputs")
    del model.graph.value_info[:]
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise ConversionError(f"the graph {model.graph.name} is not a valid ONNX model: {error}") from error
    return model


def tensors(values: Iterable[onnx.ValueInfoProto]) -> list[Tensor]:
    """What a model's graph declares; a dimension of unknown size is taken for the batch."""
    return [_tensor(value) for value in values]


def _tensor(value: onnx.ValueInfoProto) -> Tensor:
    tensor = value.type.tensor_type
    shape = tuple(size.dim_value if size.HasField("dim_value") else BATCH for size in tensor.shape.dim)
    return Tensor(value.name, helper.tensor_dtype_to_np_dtype(tensor.elem_type).name, shape)


def _declare(values: Any, expected: Sequence[Tensor], what: str) -> None:
    found = tensors(values)
    if sorted(found, key=str) != sorted(expected, key=str):
        raise ConversionError(
            f"the {what} must be {'; '.join(tensor.text() for tensor in expected)}, "
            f"but the conversion gave {'; '.join(tensor.text() for tensor in found)}"
        )
    del values[:]
    types = (helper.np_dtype_to_tensor_dtype(np.dtype(tensor.dtype)) for tensor in expected)
    values.extend(
        helper.make_tensor_value_info(tensor.name, kind, tensor.shape)
        for tensor, kind in zip(expected, types, strict=True)
    )
