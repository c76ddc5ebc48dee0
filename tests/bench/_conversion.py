"""Ensembles of untrained networks, ready to be converted: what they answer costs what any answer costs."""

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from components.common import demographics
from components.common.ensemble import write_ensemble
from components.common.member import MODEL_FILE, Member, write_member
from components.common.pictures import PREPROCESSING_VERSION
from components.common.records import Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES
from components.convert.settings import ConvertSettings
from components.plan.presets import SAMPLE, MemberPreset
from tests.bench._records import records_of
from tests.bench.harness import SkippedError, in_own_process
from tests.ensembles import as_if_fitted

FINGERPRINT = "bench"

TRAINING, TEST = 16, 32
"""Images."""

SETTINGS: dict[str, Any] = {
    "maximum_difference": 1e-4, "float16_maximum_difference": 0.01, "int8_maximum_difference": 0.1,
    # Untrained networks say nearly the same of all images: the order of these, and with it the AUC, is rounding error.
    "minimum_unchanged": 0.99, "maximum_conversion_auc_loss": 1.0, "calibration_images": 16, "parity_images": 0,
    "latency_rounds": 20,
}  # fmt: skip


def settings(**changes: Any) -> ConvertSettings:
    """As the presets have them but for the AUC, or changed."""
    return ConvertSettings(**{**SETTINGS, **changes})


def write_records(folder: Path, crops: Sequence[int], splits: Mapping[str, Sequence[Path]]) -> None:
    """Records of pictures at several crop sizes, given the classes in turn."""
    counts = {}
    for split, paths in splits.items():
        for crop in crops:
            records = records_of(paths, crop)
            write_shard(folder / str(crop) / shard_name(split, 0, 1), records)
        counts[split] = dict(Counter(CLASSES[record.label] for record in records))
    write_summary(
        folder, Summary(FINGERPRINT, list(crops), counts, list(CLASSES), demographics.LENGTH, PREPROCESSING_VERSION)
    )


def write_networks(folder: Path, members: Sequence[MemberPreset], network: Callable[[MemberPreset], Any]) -> None:
    """Members with networks as `network` makes them, and an ensemble of them whose ranks are the probabilities."""
    for member in members:
        described = Member(
            member.name, member.backbone, member.crop, member.size, 1, 1, "", {}, 0, 0, FINGERPRINT, list(CLASSES), {}
        )
        write_member(folder / member.name, described)
        network(member).save(folder / member.name / MODEL_FILE)
    fitted = as_if_fitted([member.name for member in members], 256, fingerprint=FINGERPRINT)
    write_ensemble(folder / "ensemble", fitted)


def stage_inputs(folder: Path, members: Sequence[MemberPreset]) -> Any:
    """What was written, as the stage reads it."""
    from components.convert.inputs import read_inputs

    return read_inputs(folder / "ensemble", [folder / member.name for member in members], folder / "records")


@cache
def sample_conversion(isic: Path) -> Any:
    """The conversion of an ensemble built as preset sample builds it, test-time flips and all; done once."""
    paths = sorted((isic / "2019").rglob("*.jpg"))[: TRAINING + TEST]
    if len(paths) < TRAINING + TEST:
        raise SkippedError(f"fewer than {TRAINING + TEST} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        write_records(Path(folder, "records"), SAMPLE.crops, {"train": paths[:TRAINING], "test": paths[TRAINING:]})
        return in_own_process(_convert_sample, Path(folder))


def _convert_sample(folder: Path) -> Any:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from components.convert.conversion import convert
    from tests.networks import as_if_trained, with_distance

    write_networks(
        folder,
        SAMPLE.members,
        lambda member: with_distance(
            as_if_trained(member.size, backbone=member.backbone, flips=SAMPLE.test_time_flips)
        ),
    )
    (folder / "onnx").mkdir()
    return convert(stage_inputs(folder, SAMPLE.members), settings(), folder / "onnx")
