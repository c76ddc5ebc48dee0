"""Tensors as the Open Inference Protocol v2 writes them in JSON, and as the model takes them."""

from typing import Any

import numpy as np
from onnxruntime import InferenceSession
from pydantic import BaseModel, ConfigDict, Field

from components.cad.batching import Arrays
from components.cad.problems import ProblemError
from components.cad.sources import Release
from components.common.onnx_ensemble import OUTPUTS

_DATATYPES = {"tensor(uint8)": ("UINT8", np.uint8), "tensor(float)": ("FP32", np.float32)}


class ServerOut(BaseModel):
    """The server."""

    name: str
    version: str
    extensions: list[str]


class LiveOut(BaseModel):
    """Whether the server lives."""

    live: bool


class ReadyOut(BaseModel):
    """Whether the server can answer."""

    ready: bool


class ModelReadyOut(ReadyOut):
    """Whether a model is served."""

    name: str


class TensorOut(BaseModel):
    """An input or output: -1 is the batch."""

    name: str
    datatype: str = Field(examples=["UINT8"])
    shape: list[int] = Field(examples=[[-1, 512, 512, 3]])


class MetadataOut(BaseModel):
    """The model's tensors."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[TensorOut]
    outputs: list[TensorOut]


class TensorIn(BaseModel):
    """A tensor: `data` flat in row-major order, or nested."""

    model_config = ConfigDict(extra="ignore")

    name: str
    datatype: str
    shape: list[int] = Field(min_length=1, max_length=8)
    data: list[Any]


class RequestedIn(BaseModel):
    """An output that is wanted."""

    model_config = ConfigDict(extra="ignore")

    name: str


class InferenceIn(BaseModel):
    """Tensors for the model."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = Field(None, max_length=200)
    inputs: list[TensorIn] = Field(min_length=1)
    outputs: list[RequestedIn] | None = Field(None, description="left out: all")


class DataOut(TensorOut):
    """A tensor, flat in row-major order."""

    data: list[float]


class InferenceOut(BaseModel):
    """What the model gives."""

    model_name: str
    model_version: str
    id: str
    outputs: list[DataOut]


def metadata(name: str, version: str, session: InferenceSession) -> MetadataOut:
    """The tensors that a session declares; of the outputs those that are served."""
    return MetadataOut(
        name=name,
        versions=[version],
        platform="onnxruntime_onnx",
        inputs=[_declared(tensor) for tensor in session.get_inputs()],
        outputs=[_declared(tensor) for tensor in session.get_outputs() if tensor.name in OUTPUTS],
    )


def rows(asked: InferenceIn, session: InferenceSession) -> list[Arrays]:
    """What a request holds, checked against what the model takes: the inputs of each row, by name.

    Raises:
        ProblemError: one is missing, or of another type or shape.
    """
    given = {tensor.name: tensor for tensor in asked.inputs}
    declared = {tensor.name: tensor for tensor in session.get_inputs()}
    if set(given) != set(declared) or len(given) != len(asked.inputs):
        raise ProblemError("invalid_field", f"the inputs must be {', '.join(sorted(declared))}, each once")
    if unknown := {tensor.name for tensor in asked.outputs or []} - set(OUTPUTS):
        raise ProblemError("invalid_field", f"there is no output {min(unknown)[:40]!r}; there are {', '.join(OUTPUTS)}")
    made = {name: _array(given[name], declared[name]) for name in declared}
    if len({len(array) for array in made.values()}) > 1:
        raise ProblemError("invalid_field", "the inputs must have the same batch")
    return [dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)]


def answer(asked: InferenceIn, outputs: Arrays, release: Release, request_id: str) -> dict[str, Any]:
    """The outputs as the protocol writes them.

    Raises:
        ProblemError: the model made of the inputs what is no number, which JSON cannot say.
    """
    if not all(np.isfinite(values).all() for values in outputs.values()):
        raise ProblemError("invalid_field", "the inputs are so large that the outputs are no finite numbers")
    wanted = [tensor.name for tensor in asked.outputs] if asked.outputs else list(outputs)
    return {
        "model_name": release.name,
        "model_version": release.version,
        "id": asked.id or request_id,
        "outputs": [
            {
                "name": name,
                "datatype": "FP32",
                "shape": list(outputs[name].shape),
                "data": outputs[name].ravel().tolist(),
            }
            for name in wanted
        ],
    }


def _declared(tensor: Any) -> TensorOut:
    datatype, _ = _DATATYPES[tensor.type]
    return TensorOut(name=tensor.name, datatype=datatype, shape=_shape(tensor))


def _shape(tensor: Any) -> list[int]:
    return [-1, *tensor.shape[1:]]


def _array(given: TensorIn, declared: Any) -> np.ndarray:
    datatype, dtype = _DATATYPES[declared.type]
    shape = _shape(declared)
    fits = len(given.shape) == len(shape) and given.shape[0] > 0 and given.shape[1:] == shape[1:]
    if given.datatype != datatype or not fits:
        raise ProblemError(
            "invalid_field",
            f"{given.name} must be {datatype} {shape}, not {given.datatype[:20]} {given.shape}",
        )
    try:
        values = np.asarray(given.data)
        if values.dtype.kind not in "uif" or not np.isfinite(values).all():
            raise ValueError("its data must be numbers")
        if dtype is np.uint8 and (values.min() < 0 or values.max() > 255 or (values % 1).any()):
            raise ValueError("its data must be whole numbers from 0 to 255")
        return values.astype(dtype).reshape(given.shape)
    except (ValueError, OverflowError) as error:
        raise ProblemError("invalid_field", f"{given.name}: {error}") from None
