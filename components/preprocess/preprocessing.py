"""The stage's work: from a manifest to a folder of records."""

import hashlib
import json
import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.common import demographics
from components.common.errors import DataError
from components.common.files import whole
from components.common.progress import track
from components.common.records import Summary, write_summary
from components.common.taxonomy import CLASSES, SPLITS
from components.preprocess.manifest import Manifest
from components.preprocess.pool import completed
from components.preprocess.settings import Settings
from components.preprocess.shards import Fault, MadeShard, Sample, make_shard, plan_shards

log = logging.getLogger(__name__)

PREPROCESSING_VERSION = "1"
"""To be raised whenever the same picture would give other pixels."""


@dataclass(frozen=True)
class Preprocessed:
    """What came of a run."""

    summary: Summary
    samples: list[Sample]
    faults: list[Fault]
    bytes: dict[int, int]
    """For each crop size, the size of its records."""
    seconds: float

    def metrics(self) -> dict[str, float]:
        """The figures that the pipeline shows."""
        return {
            "images": len(self.samples),
            "quarantined": len(self.faults),
            **{f"{split}_images": self.summary.images(split) for split in SPLITS},
            "borders_trimmed": sum(sample.trimmed > 0 for sample in self.samples),
            "images_per_second": round((len(self.samples) + len(self.faults)) / self.seconds, 2),
            **{f"bytes_{crop}": size for crop, size in self.bytes.items()},
        }


def preprocess(manifest: Manifest, settings: Settings, folder: Path, processes: int) -> Preprocessed:
    """Make the records of all images; the folder appears whole or not at all.

    Args:
        manifest: the images.
        settings: the crops, and what is tolerated.
        folder: where the records go; what is there already is replaced.
        processes: how many work at once. The records do not depend on it.

    Raises:
        DataError: more images are broken than the settings tolerate, or all of them.
        StorageError: the data cannot be opened, or the folder cannot be written.
    """
    start = time.monotonic()
    with whole(folder) as beside:
        beside.mkdir()
        shards = plan_shards(manifest.data, manifest.splits, beside, settings.crops, settings.images_per_shard)
        results = track(completed(make_shard, shards, processes), "shards of records", len(shards))
        made = list(_within_tolerance(results, manifest.images, settings.maximum_quarantine_share))
        made.sort(key=lambda result: (SPLITS.index(result.split), result.index))
        done = _preprocessed(made, manifest, settings, time.monotonic() - start)
        write_summary(beside, done.summary)
    return done


def fingerprint(manifest: Manifest, crops: Sequence[int]) -> str:
    """SHA-256 over what the records are made from: the manifest, the crops, this version of the work."""
    parts = json.dumps([manifest.fingerprint, list(crops), PREPROCESSING_VERSION])
    return hashlib.sha256(parts.encode()).hexdigest()


def _within_tolerance(results: Iterable[MadeShard], images: int, maximum_share: float) -> Iterator[MadeShard]:
    """Pass results on; stop as soon as more images are broken than is tolerated."""
    broken = 0
    for result in results:
        for fault in result.faults:
            log.warning("left out %s (%s): %s", fault.item.path, fault.reason, fault.detail)
        broken += len(result.faults)
        if broken > maximum_share * images or broken == images:
            fault = result.faults[-1]
            raise DataError(
                f"{broken} of {images} images are broken so far (tolerated: {maximum_share:.1%}), the last one is "
                f"{fault.item.path}: {fault.detail}; mend the data, or raise maximum_quarantine_share"
            )
        yield result


def _preprocessed(made: list[MadeShard], manifest: Manifest, settings: Settings, seconds: float) -> Preprocessed:
    samples = [sample for result in made for sample in result.samples]
    counts = Counter((sample.split, CLASSES[sample.item.label]) for sample in samples)
    summary = Summary(
        fingerprint=fingerprint(manifest, settings.crops),
        crops=list(settings.crops),
        counts={split: {name: counts[split, name] for name in CLASSES} for split in manifest.splits},
        classes=list(CLASSES),
        demographics=demographics.LENGTH,
    )
    return Preprocessed(
        summary=summary,
        samples=samples,
        faults=[fault for result in made for fault in result.faults],
        bytes={crop: sum(result.bytes[crop] for result in made) for crop in settings.crops},
        seconds=seconds,
    )
