"""What the Open Inference Protocol v2 takes and gives, as OpenAPI shows it.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
"""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


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


# Some clients write null where they have nothing to say.
_NONE = BeforeValidator(lambda given: {} if given is None else given)


class SizeOf(BaseModel):
    """Of a tensor that follows the JSON."""

    model_config = ConfigDict(extra="ignore")

    binary_data_size: int | None = Field(default=None, ge=0, le=2**40, description="bytes, little-endian")


class TensorIn(BaseModel):
    """A tensor: `data` flat in row-major order, or nested; or bytes behind the JSON."""

    model_config = ConfigDict(extra="ignore")

    name: str
    datatype: str
    shape: list[int] = Field(min_length=1, max_length=8)
    data: list[Any] | None = None
    parameters: Annotated[SizeOf, _NONE] = SizeOf()


class Wanted(BaseModel):
    """How an output is wanted."""

    model_config = ConfigDict(extra="ignore")

    binary_data: bool | None = Field(default=None, description="as bytes; left out, what `binary_data_output` says")


class RequestedIn(BaseModel):
    """An output that is wanted."""

    model_config = ConfigDict(extra="ignore")

    name: str
    parameters: Annotated[Wanted, _NONE] = Wanted()


class AllWanted(BaseModel):
    """How outputs are wanted."""

    model_config = ConfigDict(extra="ignore")

    binary_data_output: bool = Field(default=False, description="behind the JSON, all that do not say otherwise")


class InferenceIn(BaseModel):
    """Tensors for the model."""

    model_config = ConfigDict(extra="ignore")

    id: str | None = Field(None, max_length=200, description="sent back; the records have the id in X-Request-ID")
    inputs: list[TensorIn] = Field(min_length=1)
    outputs: list[RequestedIn] | None = Field(None, description="left out: all")
    parameters: Annotated[AllWanted, _NONE] = AllWanted()


class DataOut(TensorOut):
    """A tensor, flat in row-major order, or its size behind the JSON."""

    data: list[float] | None = None
    parameters: SizeOf | None = None


class InferenceOut(BaseModel):
    """What the model gives."""

    model_name: str
    model_version: str
    id: str
    outputs: list[DataOut]
