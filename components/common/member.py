"""What a trained member is: the names inside `model.keras`, and the settings beside it, in `member.json`."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from components.common.errors import DataError
from components.common.files import read_json, write_json
from components.common.taxonomy import CLASSES

MODEL_FILE = "model.keras"
_MEMBER_FILE = "member.json"

PIXELS = "pixels"
DEMOGRAPHICS = "demographics"
PROBABILITIES = "probabilities"
FEATURE_DISTANCE = "feature_distance"
"""Name of the output, and in the predictions of the column, that says how far a picture's features are from usual."""
POOLED = "pooling"
"""Name of the layer whose output is the feature map's mean over all places."""
FEATURE_MAP = "feature_map"
"""Name of the layer whose output is the last feature map."""
IMAGE_LOGITS = "image_logits"
"""Name of the dense layer whose kernel [channels, 9] weighs the feature map."""

PRECISIONS: tuple[str, ...] = ("auto", "float32", "mixed_float16", "mixed_bfloat16")
"""What a training may compute in; the trained network is always in float32."""


@dataclass(frozen=True)
class Member:
    """One trained network of the ensemble, and what made it."""

    name: str
    backbone: str
    crop: int
    """Side length of the records' pictures that it was trained from, in pixels."""
    size: int
    """Side length of its input, in pixels: crops are resized to it (bilinear, antialiased)."""
    batch_size: int
    epochs: int
    weights: str
    """Where its backbone's first weights came from: "imagenet", a URI, or "" for random ones."""
    hyperparameters: dict[str, Any]
    """The settings that the search chose."""
    seed: int
    trials: int
    records_fingerprint: str
    classes: list[str]
    versions: dict[str, str]
    """Versions of the libraries that trained it."""
    settings: dict[str, Any] = field(default_factory=dict)
    """All that the stage was told."""
    search: list[dict[str, Any]] = field(default_factory=list)
    """The trials of the search."""


def write_member(folder: Path, member: Member) -> None:
    """Write `member.json` into the model's folder."""
    write_json(folder / _MEMBER_FILE, asdict(member))


def read_member(folder: Path) -> Member:
    """Read `member.json` of a model's folder.

    Raises:
        StorageError: it is absent or not JSON.
        DataError: it describes no member, or one that was trained for other classes, or in another order.
    """
    path = folder / _MEMBER_FILE
    try:
        member = Member(**read_json(path))
    except TypeError as error:
        raise DataError(f"{path} describes no member of this version: {error}; train it again") from error
    if tuple(member.classes) != CLASSES:
        raise DataError(f"the member in {folder} has the classes {member.classes}, this version has {list(CLASSES)}")
    return member
