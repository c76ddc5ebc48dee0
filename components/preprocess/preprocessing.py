"""The stage's work: from a manifest to a folder of records, in one task or in several."""

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from components.common import demographics
from components.common.files import whole
from components.common.pictures import PREPROCESSING_VERSION
from components.common.records import Summary, write_summary
from components.common.taxonomy import CLASSES, SPLITS
from components.preprocess.making import Tolerance, hand_over, make, make_all
from components.preprocess.manifest import Manifest
from components.preprocess.settings import Part, Settings
from components.preprocess.shards import Fault, MadeShard, Sample, Shard, plan_shards
from components.preprocess.workspace import Workspace

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preprocessed:
    """What came of a run."""

    summary: Summary
    samples: list[Sample]
    faults: list[Fault]
    bytes: dict[int, int]
    """For each crop size, the size of its records."""
    resumed_images: int
    """Those of shards that were found finished."""
    seconds: float

    def metrics(self) -> dict[str, float]:
        """The figures that the pipeline shows."""
        return {
            "images": len(self.samples),
            "quarantined": len(self.faults),
            **{f"{split}_images": self.summary.images(split) for split in SPLITS},
            "borders_trimmed": sum(sample.trimmed > 0 for sample in self.samples),
            "resumed_images": self.resumed_images,
            "images_per_second": _rate(len(self.samples) + len(self.faults) - self.resumed_images, self.seconds),
            **{f"bytes_{crop}": size for crop, size in self.bytes.items()},
        }


def preprocess(
    manifest: Manifest, settings: Settings, folder: Path, processes: int, workspace: Workspace | None = None
) -> Preprocessed:
    """Make the records of all images; the folder appears whole or not at all.

    Args:
        manifest: the images.
        settings: the crops, and what is tolerated.
        folder: where the records go; what is there already is replaced.
        processes: how many work at once. The records do not depend on it.
        workspace: shards found finished there are not made again, and those made are kept there.

    Raises:
        DataError: more images are broken than the settings tolerate, or all of them.
        StorageError: the data cannot be opened, or the folder or the workspace cannot be written.
        StorageDownError: the data's storage, or the workspace's, does not answer at all.
    """
    start = time.monotonic()
    with whole(folder) as beside:
        beside.mkdir()
        shards = plan_shards(manifest.splits, beside, settings.crops, settings.images_per_shard)
        taken = workspace.take_all(shards, processes) if workspace else []
        known = {(result.split, result.index) for result in taken}
        rest = [shard for shard in shards if (shard.split, shard.index) not in known]
        _log_plan(shards, rest, workspace)
        tolerance = Tolerance(manifest.images, settings.maximum_quarantine_share)
        for result in taken:
            tolerance.check(result.faults)
        made = taken + make_all(partial(make, workspace=workspace), rest, processes, tolerance)
        made.sort(key=lambda result: (SPLITS.index(result.split), result.index))
        resumed = sum(result.images for result in taken)
        done = _preprocessed(made, manifest, settings, resumed, time.monotonic() - start)
        write_summary(beside, done.summary)
    return done


def preprocess_part(
    manifest: Manifest, settings: Settings, part: Part, workspace: Workspace, processes: int
) -> dict[str, float]:
    """Make the shards of one part and leave them in the workspace, where `preprocess` finds them.

    Returns:
        The figures that the pipeline shows.

    Raises:
        DataError, StorageError, StorageDownError: as `preprocess`.
    """
    start = time.monotonic()
    with TemporaryDirectory(prefix="preprocess-") as folder:
        every = plan_shards(manifest.splits, Path(folder), settings.crops, settings.images_per_shard)
        mine = every[part.number :: part.parts]
        finished = workspace.finished()
        rest = [shard for shard in mine if shard.name not in finished]
        _log_plan(mine, rest, workspace)
        tolerance = Tolerance(manifest.images, settings.maximum_quarantine_share)
        made = make_all(partial(hand_over, workspace=workspace), rest, processes, tolerance)
    images = sum(result.images for result in made)
    return {
        "shards": len(mine),
        "resumed_shards": len(mine) - len(rest),
        "images": sum(len(result.samples) for result in made),
        "quarantined": sum(len(result.faults) for result in made),
        "images_per_second": _rate(images, time.monotonic() - start),
    }


def work_key(manifest: Manifest, settings: Settings) -> str:
    """SHA-256 over all that decides the bytes of the shards: two runs with one key can share them."""
    return _sha256(manifest.fingerprint, list(settings.crops), settings.images_per_shard, PREPROCESSING_VERSION)


def fingerprint(manifest: Manifest, crops: Sequence[int], left_out: Iterable[str]) -> str:
    """SHA-256 over what the records hold: the manifest's, the crops, this version of the work, the images left out.

    Args:
        manifest: the images.
        crops: side lengths in pixels.
        left_out: image_id of each image that is in no record. An image that the storage does not give in one run may be
            there in the next, whose records are then others.
    """
    return _sha256(manifest.fingerprint, list(crops), PREPROCESSING_VERSION, sorted(left_out))


def _sha256(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _rate(images: int, seconds: float) -> float:
    return round(images / seconds, 2)


def _preprocessed(
    made: list[MadeShard], manifest: Manifest, settings: Settings, resumed: int, seconds: float
) -> Preprocessed:
    samples = [sample for result in made for sample in result.samples]
    faults = [fault for result in made for fault in result.faults]
    counts = Counter((sample.split, CLASSES[sample.item.label]) for sample in samples)
    summary = Summary(
        fingerprint=fingerprint(manifest, settings.crops, [fault.item.image_id for fault in faults]),
        crops=list(settings.crops),
        counts={split: {name: counts[split, name] for name in CLASSES} for split in manifest.splits},
        classes=list(CLASSES),
        demographics=demographics.LENGTH,
        preprocessing=PREPROCESSING_VERSION,
    )
    return Preprocessed(
        summary=summary,
        samples=samples,
        faults=faults,
        bytes={crop: sum(result.bytes[crop] for result in made) for crop in settings.crops},
        resumed_images=resumed,
        seconds=seconds,
    )


def _log_plan(shards: Sequence[Shard], rest: Sequence[Shard], workspace: Workspace | None) -> None:
    to_make = sum(len(shard.items) for shard in rest)
    found = sum(len(shard.items) for shard in shards) - to_make
    if workspace:
        log.info("%d shards (%d images) are finished in %s", len(shards) - len(rest), found, workspace.uri)
    log.info("%d shards (%d images) are to be made", len(rest), to_make)
