"""What is recorded: of each prediction what went in and what came out, and what a person found out later.

No picture, no name, no date of birth: a picture's SHA-256 tells whether it is the one that was shown, and no more.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from components.common.demographics import MAXIMUM_AGE, SEXES, SITES
from components.common.errors import DataError
from components.common.taxonomy import CLASSES

SOURCES: tuple[str, ...] = ("histology", "follow-up", "consensus", "other")
"""Where the diagnosis of a feedback comes from: the microscope, the lesion's course, several experts, anything else."""

MAXIMUM_NAME = 200
"""Characters, of a request's id, a user, a model's name."""
MAXIMUM_NOTE = 2000
"""Characters."""

SHA256 = re.compile(r"[0-9a-f]{64}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,49}")


@dataclass(frozen=True)
class ModelVersion:
    """Which model answered."""

    name: str
    version: str
    digest: str
    """SHA-256 of `ensemble.onnx`."""


@dataclass(frozen=True)
class Demographics:
    """What was said of the patient; None is unknown."""

    age: float | None = None
    """Years."""
    sex: str | None = None
    """One of `demographics.SEXES`."""
    site: str | None = None
    """One of `demographics.SITES`."""


@dataclass(frozen=True)
class Thresholds:
    """Where the model's figures become words; see `Ensemble` of the evaluate stage."""

    malignant: float
    abstain: float
    out_of_distribution: float


@dataclass(frozen=True)
class Prediction:
    """One answer of the service.

    Raises:
        DataError: a value that cannot be recorded, by its name.
    """

    request_id: str
    time: datetime
    """With a time zone; given back in UTC."""
    images: tuple[str, ...]
    """SHA-256 of each picture's bytes as they were sent; of several, all of one lesion."""
    model: ModelVersion
    demographics: Demographics
    probabilities: tuple[float, ...]
    """Nine, calibrated, in the order of `taxonomy.CLASSES`."""
    malignant_probability: float
    malignant: bool
    """The decision, against its threshold."""
    abstain: bool
    out_of_distribution: float
    """The score."""
    unusual: bool
    """Whether the score lies above its threshold."""
    thresholds: Thresholds
    quality: tuple[str, ...] = ()
    """Codes of what is wrong with the pictures, such as "blurred"."""
    brightness: float | None = None
    """Mean of the pictures' brightness, 0 to 1, where it was measured."""
    user: str | None = None
    tensors: bool = False
    """Whether tensors were sent instead of a picture: `images` is the SHA-256 of their pixels, `quality` not known."""

    def __post_init__(self) -> None:
        _check_text("request_id", self.request_id, MAXIMUM_NAME)
        _check_time("time", self.time)
        _check(bool(self.images), "images", self.images, "at least one SHA-256")
        for image in self.images:
            _check(SHA256.fullmatch(image), "images", image, "SHA-256 in 64 hexadecimal digits")
        _check_text("model.name", self.model.name, MAXIMUM_NAME)
        _check_text("model.version", self.model.version, MAXIMUM_NAME)
        _check(SHA256.fullmatch(self.model.digest), "model.digest", self.model.digest, "a SHA-256")
        _check_demographics(self.demographics)
        _check_outputs(self)
        for code in self.quality:
            _check(_CODE.fullmatch(code), "quality", code, "a code in small letters, digits and underscores")
        if self.user is not None:
            _check_text("user", self.user, MAXIMUM_NAME)


@dataclass(frozen=True)
class Feedback:
    """What a person found out of a prediction's lesion. Of several feedbacks on one prediction the last counts.

    Raises:
        DataError: a value that cannot be recorded, by its name.
    """

    request_id: str
    """Of the prediction."""
    time: datetime
    """With a time zone; given back in UTC."""
    label: str
    """One of `taxonomy.CLASSES`."""
    source: str
    """One of `SOURCES`."""
    note: str = ""
    """Free text, `MAXIMUM_NOTE` characters at most."""
    user: str | None = None

    def __post_init__(self) -> None:
        _check_text("request_id", self.request_id, MAXIMUM_NAME)
        _check_time("time", self.time)
        _check(self.label in CLASSES, "label", self.label, f"one of {', '.join(CLASSES)}")
        _check(self.source in SOURCES, "source", self.source, f"one of {', '.join(SOURCES)}")
        if self.note:
            _check_text("note", self.note, MAXIMUM_NOTE)
        if self.user is not None:
            _check_text("user", self.user, MAXIMUM_NAME)


@dataclass(frozen=True)
class Record:
    """A prediction, and what was said of it since."""

    prediction: Prediction
    feedback: tuple[Feedback, ...]
    """In the order in which it came."""


def can_be_kept(text: str) -> bool:
    """Whether a database can hold a text: PostgreSQL no NUL, none of them half a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def _check(fine: object, name: str, value: object, wanted: str) -> None:
    if not fine:
        raise DataError(f"cannot record {name} {value!r}: it must be {wanted}")


def _check_text(name: str, text: str, longest: int) -> None:
    fine = 0 < len(text) <= longest and can_be_kept(text)
    _check(fine, name, text[:longest], f"1 to {longest} characters, without NUL and halves of characters")


def _check_time(name: str, time: datetime) -> None:
    _check(time.utcoffset() is not None, name, time, "a time with a time zone")


def _check_demographics(given: Demographics) -> None:
    if given.age is not None:
        _check(0 <= given.age <= MAXIMUM_AGE, "age", given.age, f"0 to {MAXIMUM_AGE:g} years or None")
    _check(given.sex in (None, *SEXES), "sex", given.sex, f"one of {', '.join(SEXES)} or None")
    _check(given.site in (None, *SITES), "site", given.site, f"one of {', '.join(SITES)} or None")


def _check_outputs(outputs: Prediction) -> None:
    _check(len(outputs.probabilities) == len(CLASSES), "probabilities", outputs.probabilities, f"{len(CLASSES)} values")
    _check_shares("probabilities", outputs.probabilities)
    _check_shares("malignant_probability", [outputs.malignant_probability])
    _check_shares("brightness", [] if outputs.brightness is None else [outputs.brightness])
    finite = [outputs.out_of_distribution, *vars(outputs.thresholds).values()]
    _check(all(map(math.isfinite, finite)), "out_of_distribution and thresholds", finite, "finite numbers")


def _check_shares(name: str, values: Sequence[float]) -> None:
    # Nine float32 that add up to 1 may sum to a little more.
    _check(all(0 <= value <= 1 + 1e-5 for value in values), name, values, "between 0 and 1")
