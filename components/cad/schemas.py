"""What the REST API takes and gives, as OpenAPI shows it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from components.cad.quality import Code
from components.common.demographics import MAXIMUM_AGE, SEXES, SITE_SYNONYMS, SITES
from components.common.taxonomy import CLASSES

UNKNOWN = "unknown"
MAXIMUM_LESION_ID = 64

# A PNG of 16 pixels a side: an example that is answered.
_SMALL_PICTURE = (
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQAQMAAAAlPW0iAAAABlBMVEXNoIxuRjLzBH2ZAAAAFElEQVR42mNgQAXsD5gYGJARGgAAHSAA8hMsgPUA"
    "AAAASUVORK5CYII="
)

# Strict: `true` is no age.
_Years = Annotated[float, Field(ge=0, le=MAXIMUM_AGE, strict=True)]

Sex = Literal[*SEXES]  # type: ignore[valid-type]
Site = Literal[*SITES]  # type: ignore[valid-type]

Share = Annotated[float, Field(ge=0, le=1 + 1e-5)]
Probabilities = Annotated[
    dict[str, Share],
    Field(
        description=f"of each class: {', '.join(CLASSES)}; they add up to 1",
        examples=[dict(zip(CLASSES, (0.08, 0.71, 0.03, 0.02, 0.06, 0.02, 0.02, 0.01, 0.05), strict=True))],
    ),
]


class Patient(BaseModel):
    """What is said of the patient."""

    age: float | None = Field(None, ge=0, le=MAXIMUM_AGE, description="years; null where unknown", examples=[54])
    sex: Sex | None = Field(None, description="null where unknown", examples=["female"])
    site: Site | None = Field(None, description="where on the body; null where unknown", examples=["torso"])


class LesionIn(BaseModel):
    """One lesion, as JSON."""

    model_config = ConfigDict(extra="forbid")

    images: list[str] = Field(
        min_length=1,
        description="of one lesion: each file's bytes in base64, or a data URL",
        examples=[[_SMALL_PICTURE]],
    )
    age: _Years | Literal["unknown", ""] | None = Field(
        None, description='years; left out, what a DICOM file says; "unknown" for certain', examples=[54]
    )
    sex: Literal[*SEXES, UNKNOWN, ""] | None = Field(None, description="as age", examples=["female"])  # type: ignore[valid-type]
    site: Literal[*SITES, *SITE_SYNONYMS, UNKNOWN, ""] | None = Field(  # type: ignore[valid-type]
        None, description="as age", examples=["torso"]
    )
    lesion_id: str | None = Field(
        None, max_length=MAXIMUM_LESION_ID, description="the caller's own; sent back and not kept"
    )


class BatchIn(BaseModel):
    """Several lesions."""

    model_config = ConfigDict(extra="forbid")

    lesions: list[LesionIn] = Field(min_length=1)


class ModelOut(BaseModel):
    """Which model answered."""

    name: str = Field(examples=["skin-lesion-sample"])
    version: str = Field(examples=["3"])
    digest: str = Field(description="SHA-256 of its file", examples=["9f" * 32])


class MalignantOut(BaseModel):
    """The outcome in two words."""

    probability: Share = Field(description="sum of the malignant classes'", examples=[0.12])
    threshold: float = Field(description="what reaches it is called malignant", examples=[0.24])
    decision: Literal["malignant", "benign"]


class OutOfDistributionOut(BaseModel):
    """How unlike the training images the picture is."""

    score: float = Field(description="in standard deviations; of several images the highest", examples=[0.3])
    threshold: float = Field(examples=[2.1])
    flag: bool = Field(description="whether the score lies above it: the probabilities may mean nothing")


class QualityOut(BaseModel):
    """Something that is wrong with an image."""

    image: int = Field(description="index among those sent, from 0")
    code: Code
    message: str


class MemberOut(BaseModel):
    """What one member of the ensemble says, before calibration."""

    name: str = Field(examples=["b4-512"])
    probabilities: Probabilities


class ImageOut(BaseModel):
    """What was done with an image."""

    index: int
    width: int = Field(description="in pixels, upright", examples=[1024])
    height: int = Field(examples=[768])
    crop: tuple[int, int, int, int] = Field(
        description="left, top, right, bottom of what the model saw, in the image's pixels",
        examples=[[128, 0, 896, 768]],
    )
    demographics_found: Patient | None = Field(None, description="in a DICOM file")
    preview: str | None = Field(
        None, description="data URL of the whole image as JPEG, where browsers do not show such a file"
    )


class HeatmapOut(BaseModel):
    """Of one image, for each class what each place of the crop adds to its logit."""

    image: int
    rows: int
    columns: int
    classes: dict[str, list[list[float]]]


class PredictionOut(BaseModel):
    """The answer for one lesion. Of several images the probabilities, all together and of each member, are the mean."""

    request_id: str = Field(examples=["0192f0c1a7e84d0f9b3a5c6d7e8f9a0b"])
    lesion_id: str | None = None
    model: ModelOut
    demographics: Patient = Field(description="as they were used")
    probabilities: Probabilities
    malignant: MalignantOut
    abstain: bool = Field(description="whether no class is probable enough for an answer: a person must look")
    out_of_distribution: OutOfDistributionOut
    quality: list[QualityOut]
    members: list[MemberOut]
    images: list[ImageOut]
    heatmaps: list[HeatmapOut] | None = Field(None, description="of each image, where asked for")


class BatchOut(BaseModel):
    """The answers for several lesions, in their order. One lesion that fails fails the batch."""

    predictions: list[PredictionOut]


class ClassOut(BaseModel):
    """A class."""

    code: str = Field(examples=["MEL"])
    name: str = Field(examples=["melanoma"])
    malignant: bool


class MemberDescriptionOut(BaseModel):
    """A member of the ensemble."""

    name: str
    backbone: str | None = None
    crop: int | None = Field(None, description="side of the picture it takes, in pixels")
    size: int | None = Field(None, description="side of the picture it looks at, in pixels")


class ThresholdsOut(BaseModel):
    """Where figures become words."""

    malignant: float
    abstain: float
    out_of_distribution: float


class LimitsOut(BaseModel):
    """What a request may ask."""

    body_bytes: int
    image_bytes: int
    image_pixels: int
    images: int = Field(description="of one lesion")
    lesions: int = Field(description="of one batch")


class ModelDescriptionOut(ModelOut):
    """The served model."""

    classes: list[ClassOut]
    thresholds: ThresholdsOut
    members: list[MemberDescriptionOut]
    method: str | None = Field(None, description="what of the members is averaged: rank or probability")
    inputs: list[str] = Field(description="kinds of files")
    sexes: list[str]
    sites: list[str]
    limits: LimitsOut
    card: str = Field(description="its model card, Markdown; empty where it was registered without one")
    figures: dict[str, Any] = Field(description="how good it was on its test images, by figure")


class StatusOut(BaseModel):
    """A word on the service's health."""

    status: str = Field(examples=["ok"])
