"""What the REST API takes and gives of the records, as OpenAPI shows it."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from components.cad.records.prediction import MAXIMUM_NOTE, SOURCES
from components.cad.schemas import MalignantOut, ModelOut, OutOfDistributionOut, Patient, Probabilities
from components.common.taxonomy import CLASSES


class FeedbackIn(BaseModel):
    """What was found of a lesion later."""

    model_config = ConfigDict(extra="forbid")

    label: Literal[*CLASSES] = Field(description="the diagnosis", examples=["NV"])  # type: ignore[valid-type]
    source: Literal[*SOURCES] = Field(description="who says so", examples=["histology"])  # type: ignore[valid-type]
    note: str = Field("", max_length=MAXIMUM_NOTE, pattern=r"^[^\x00]*$", description="no names")


class FeedbackOut(BaseModel):
    """The same, as it was recorded."""

    time: datetime
    label: str
    source: str
    note: str
    user: str | None


class RecordOut(BaseModel):
    """A prediction as it was answered, named as in the answer, and what was found later."""

    request_id: str
    time: datetime
    user: str | None = Field(description="null where nobody was asked")
    images: list[str] = Field(description="SHA-256 of each image's bytes; of tensors, of all their pixels")
    tensors: bool = Field(description="whether tensors were sent instead of images, whose quality is not known then")
    model: ModelOut
    demographics: Patient
    probabilities: Probabilities
    malignant: MalignantOut
    abstain: bool
    out_of_distribution: OutOfDistributionOut
    quality: list[str] = Field(description="codes of what was wrong with the images")
    feedback: list[FeedbackOut] = Field(description="in the order in which it came: the last counts")


class RecordsOut(BaseModel):
    """Some records, the latest first."""

    predictions: list[RecordOut]
    next: str | None = Field(description="`before` of the next page; null on the last one")


class FeatureDriftOut(BaseModel):
    """One input or output, in the reference and in the records."""

    name: str
    labels: list[str] = Field(description="of the bins")
    expected: list[int] | None = Field(description="count of each bin in the reference; null where it has none")
    observed: list[int] = Field(description="count of each bin in the records")
    psi: float | None = Field(description="population stability index")
    by_chance: float | None = Field(description="what it stays below, 19 times in 20, where nothing has changed")
    verdict: str = Field(description="no reference, no records, stable, within chance, moderate, or major")


class ShareOut(BaseModel):
    """So many out of so many, with the 95% interval; null where there is nothing to divide by."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


class JudgedOut(BaseModel):
    """The answers of which a feedback gives the diagnosis: a choice of lesions, not a sample of them."""

    total: int
    sources: dict[str, int]
    accuracy: ShareOut = Field(description="the most probable class is the diagnosis")
    sensitivity: ShareOut = Field(description="of the malignant lesions, those called so")
    specificity: ShareOut = Field(description="of the benign lesions, those called so")
    melanoma_sensitivity: ShareOut = Field(description="of the melanomas, those called malignant")


class DriftOut(BaseModel):
    """How far what the service sees and says has moved from what its model was made on."""

    records: int
    message: str = Field(description="what a person must know first; mostly empty")
    features: list[FeatureDriftOut]
    judged: JudgedOut
