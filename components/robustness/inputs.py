"""What is to be measured: the model, the test images and their groups, checked against each other."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from components.common.errors import DataError, StorageError
from components.common.records import read_summary
from components.robustness.batches import SPLIT, read_labels
from components.robustness.model import Model
from components.robustness.sampling import choose
from components.robustness.settings import RobustnessSettings


@dataclass(frozen=True)
class Inputs:
    """A model, and the images to try it on."""

    model: Model
    records: Path
    test_images: int
    """How many the test split has."""
    groups: dict[str, str]
    """Of each image that is to be corrupted, by its name: its patient or lesion, as ingest found it."""


def read_inputs(onnx_model: Path, records: Path, manifest: Path, settings: RobustnessSettings) -> Inputs:
    """Read all inputs and check that they belong together, before long work starts.

    Args:
        onnx_model: folder written by convert.
        records: folder written by preprocess.
        manifest: folder written by ingest.
        settings: how many images to draw.

    Raises:
        StorageError: a description or the manifest is absent or cannot be read.
        DataError: the model or the records lack what they should have, or do not belong together.
    """
    model, summary = Model(onnx_model), read_summary(records)
    if model.fingerprint != summary.fingerprint:
        raise DataError(f"the model in {onnx_model} was made from other records than {records}: run convert again")
    if model.crops[-1] not in summary.crops:
        raise DataError(f"the model needs pictures of {model.crops[-1]} px, {records} has {summary.crops}")
    if not sum(summary.counts.get(SPLIT, {}).values()):
        raise DataError(f"{records} has no {SPLIT} images to corrupt: give ingest more data")
    labels = read_labels(records, model.crops[-1])
    chosen = choose(labels, settings.images or len(labels), settings.seed)
    return Inputs(model, records, len(labels), _groups(manifest, chosen))


def _groups(manifest: Path, images: frozenset[str]) -> dict[str, str]:
    file = manifest / "manifest.parquet"
    try:
        table = pd.read_parquet(file, columns=["image_id", "group"])
    except (OSError, ValueError) as error:
        raise StorageError(f"cannot read {file}: {error}; run ingest again") from error
    groups = dict(table[table["image_id"].isin(images)].astype(str).itertuples(index=False))
    if lost := sorted(images - set(groups)):
        raise DataError(f"{len(lost)} {SPLIT} images of the records are not in {file}, {lost[0]} first")
    return groups
