"""Tensors as the Open Inference Protocol v2 sends them, in JSON or as bytes behind it, and as the model takes them.

The bytes are its extension `EXTENSION`:
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from onnxruntime import InferenceSession

from components.cad.batching import Arrays
from components.cad.problems import ProblemError
from components.cad.sources import Release
from components.cad.tensor_schemas import InferenceIn, MetadataOut, RequestedIn, TensorIn, TensorOut
from components.cad.uploads import parse_json
from components.common import demographics
from components.common.member import DEMOGRAPHICS
from components.common.onnx_ensemble import OUTPUTS

EXTENSION = "binary_tensor_data"

LENGTH_HEADER = "Inference-Header-Content-Length"
"""Of a request or an answer with bytes behind its JSON: the JSON's length, in bytes."""

_DATATYPES: Mapping[str, tuple[str, np.dtype]] = {
    "tensor(uint8)": ("UINT8", np.dtype("u1")),
    "tensor(float)": ("FP32", np.dtype("<f4")),
}


def metadata(name: str, version: str, session: InferenceSession) -> MetadataOut:
    """The tensors that a session declares; of the outputs those that are served."""
    return MetadataOut(
        name=name,
        versions=[version],
        platform="onnxruntime_onnx",
        inputs=[_declared(tensor) for tensor in session.get_inputs()],
        outputs=[_declared(tensor) for tensor in session.get_outputs() if tensor.name in OUTPUTS],
    )


def parse(body: bytes, length: str | None) -> tuple[InferenceIn, memoryview]:
    """A request's JSON, and the bytes behind it.

    Args:
        body: of the request.
        length: what `LENGTH_HEADER` says, digits; None: all is JSON.

    Raises:
        ProblemError: it is not JSON, not a request, or not so long.
    """
    if length is None:
        return parse_json(body, InferenceIn), memoryview(b"")
    if int(length) > len(body):
        raise ProblemError("malformed_request", f"{LENGTH_HEADER} is {length}, and the body has {len(body)} bytes")
    return parse_json(body[: int(length)], InferenceIn), memoryview(body)[int(length) :]


def rows(asked: InferenceIn, binary: memoryview, session: InferenceSession, most: int) -> list[Arrays]:
    """What a request holds, checked against what the model takes: the inputs of each row, by name.

    Args:
        asked: the request.
        binary: the bytes behind it.
        session: the model's.
        most: rows that are read.

    Raises:
        ProblemError: an input is missing, of another type or shape, or no patient's demographics.
    """
    given = {tensor.name: tensor for tensor in asked.inputs}
    declared = {tensor.name: tensor for tensor in session.get_inputs()}
    if set(given) != set(declared) or len(given) != len(asked.inputs):
        raise ProblemError("invalid_field", f"the inputs must be {', '.join(sorted(declared))}, each once")
    wanted = [tensor.name for tensor in asked.outputs or []]
    if unknown := set(wanted) - set(OUTPUTS):
        raise ProblemError("invalid_field", f"there is no output {min(unknown)[:40]!r}; there are {', '.join(OUTPUTS)}")
    if len(set(wanted)) < len(wanted):
        raise ProblemError("invalid_field", "each output is given once, however often it is asked for: ask once")
    apart = _apart(asked.inputs, binary)
    made = {name: _array(given[name], apart.get(name), declared[name]) for name in declared}
    if len({len(array) for array in made.values()}) > 1:
        raise ProblemError("invalid_field", "the inputs must have the same batch")
    if len(made[DEMOGRAPHICS]) > most:
        raise ProblemError("too_many_images", f"there are {len(made[DEMOGRAPHICS])} rows; {most} are read")
    for number, patient in enumerate(made[DEMOGRAPHICS]):
        _check_patient(number, patient)
    return [dict(zip(made, row, strict=True)) for row in zip(*made.values(), strict=True)]


def answer(asked: InferenceIn, outputs: Arrays, release: Release, request_id: str) -> tuple[bytes, int]:
    """The outputs as the protocol writes them.

    Returns:
        A body, and how many of its bytes are JSON: all, where no output was wanted behind it.
    """
    described, behind = [], []
    for tensor in asked.outputs or [RequestedIn(name=name) for name in outputs]:
        values = outputs[tensor.name]
        output: dict[str, Any] = {"name": tensor.name, "datatype": "FP32", "shape": list(values.shape)}
        apart = tensor.parameters.binary_data
        if asked.parameters.binary_data_output if apart is None else apart:
            behind.append(values.astype("<f4").tobytes())
            described.append({**output, "parameters": {"binary_data_size": len(behind[-1])}})
        else:
            described.append({**output, "data": values.ravel().tolist()})
    told = {
        "model_name": release.name,
        "model_version": release.version,
        "id": asked.id or request_id,
        "outputs": described,
    }
    head = json.dumps(told, allow_nan=False, separators=(",", ":")).encode()
    return b"".join([head, *behind]), len(head)


def _declared(tensor: Any) -> TensorOut:
    datatype, _ = _DATATYPES[tensor.type]
    return TensorOut(name=tensor.name, datatype=datatype, shape=_shape(tensor))


def _shape(tensor: Any) -> list[int]:
    return [-1, *tensor.shape[1:]]


def _apart(inputs: Sequence[TensorIn], binary: memoryview) -> Mapping[str, memoryview]:
    """The bytes of each input that has some, which follow each other in the order of the inputs."""
    found, start = {}, 0
    for tensor in inputs:
        if (size := tensor.parameters.binary_data_size) is not None:
            found[tensor.name] = binary[start : start + size]
            start += size
    if start != len(binary):
        raise ProblemError(
            "invalid_field", f"the inputs' binary_data_size come to {start} bytes; {len(binary)} follow the JSON"
        )
    return found


def _array(given: TensorIn, binary: memoryview | None, declared: Any) -> np.ndarray:
    datatype, dtype = _DATATYPES[declared.type]
    shape = _shape(declared)
    fits = len(given.shape) == len(shape) and given.shape[0] > 0 and given.shape[1:] == shape[1:]
    if given.datatype != datatype or not fits:
        raise ProblemError(
            "invalid_field",
            f"{given.name} must be {datatype} {shape}, not {given.datatype[:20]} {given.shape}",
        )
    try:
        if (given.data is None) == (binary is None):
            raise ValueError("it must have either data or a binary_data_size")
        values = _numbers(given.data, dtype) if binary is None else _of_bytes(binary, given.shape, dtype)
        return values.reshape(given.shape)
    except (ValueError, OverflowError) as error:
        raise ProblemError("invalid_field", f"{given.name}: {error}") from None


def _of_bytes(binary: memoryview, shape: Sequence[int], dtype: np.dtype) -> np.ndarray:
    if len(binary) != (size := math.prod(shape) * dtype.itemsize):
        raise ValueError(f"its binary_data_size must be {size}, not {len(binary)}")
    values = np.frombuffer(binary, dtype)
    if not np.isfinite(values).all():
        raise ValueError("its data must be numbers")
    return values


def _numbers(data: Any, dtype: np.dtype) -> np.ndarray:
    values = np.asarray(data)
    if values.dtype.kind not in "uif" or not np.isfinite(values).all():
        raise ValueError("its data must be numbers")
    if dtype.kind == "u" and (values.min() < 0 or values.max() > 255 or (values % 1).any()):
        raise ValueError("its data must be whole numbers from 0 to 255")
    return values.astype(dtype)


def _check_patient(number: int, patient: np.ndarray) -> None:
    try:
        demographics.decode(patient)
    except ValueError as error:
        raise ProblemError("invalid_field", f"{DEMOGRAPHICS}, row {number}: {error}") from None
