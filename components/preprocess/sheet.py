"""The sample sheet: what the preprocessing did, for a person to look at."""

import hashlib
from collections.abc import Sequence

import pandas as pd

from components.common.contact_sheet import SIDE, before_and_after
from components.common.errors import PipelineError
from components.common.pictures import decode
from components.common.report import Report, Tile
from components.common.taxonomy import CLASSES
from components.preprocess.preprocessing import Preprocessed
from components.preprocess.shards import REASONS, Fault, Sample, store_at

SHOWN = 24
_SHOWN_TRIMMED = 16
_FAULTS_SHOWN = 200


def sample_sheet(done: Preprocessed) -> Report:
    """Make the page: pictures before and after, the counts, the quarantine.

    The pictures that are shown are read again; those that cannot be are left out.
    """
    figures = done.metrics()
    report = Report(
        "Preprocessing",
        f"{figures['images']:,} images cropped to {_sizes(done)} px, {figures['borders_trimmed']:,} of them after a "
        f"black border was cut off; {figures['quarantined']:,} left out.",
    )
    _add_contact_sheet(report, choose(done.samples))
    report.heading("Images by split and class").table(_counts(done))
    report.heading("Records").table(_records(done), "A record is a JPEG picture with its label and demographics.")
    _add_quarantine(report, done.faults)
    return report


def choose(samples: Sequence[Sample], shown: int = SHOWN) -> list[Sample]:
    """The images to show: first those with the most border cut off, then any others, always the same ones."""
    others = sorted(samples, key=lambda sample: hashlib.sha256(sample.item.image_id.encode()).digest())
    trimmed = sorted((sample for sample in others if sample.trimmed > 0), key=lambda sample: -sample.trimmed)
    first = trimmed[: min(_SHOWN_TRIMMED, shown)]
    taken = {sample.item.image_id for sample in first}
    return first + [sample for sample in others if sample.item.image_id not in taken][: shown - len(first)]


def _add_contact_sheet(report: Report, samples: Sequence[Sample]) -> None:
    tiles = []
    for sample in samples:
        try:
            tiles.append(_tile(sample))
        except PipelineError:
            continue  # It was read a moment ago; the sheet does without it.
    report.heading("Before and after")
    if not tiles:
        report.warning("None of the pictures to show could be read again.")
        return
    caption = "Each picture as it came, with the square that is cropped, and the crop. The widest borders come first."
    report.gallery(tiles, caption)


def _tile(sample: Sample) -> Tile:
    image = decode(store_at(sample.item.data).read(sample.item.path), largest_crop=SIDE)
    trimmed = f"{sample.trimmed:.1%} cut off" if sample.trimmed else "no border"
    return before_and_after(image, f"{sample.item.image_id}, {CLASSES[sample.item.label]}, {sample.split}: {trimmed}")


def _sizes(done: Preprocessed) -> str:
    return " and ".join(map(str, done.summary.crops))


def _counts(done: Preprocessed) -> pd.DataFrame:
    table = pd.DataFrame(done.summary.counts).T
    table["all"] = table.sum(axis=1)
    table.loc["all"] = table.sum()
    return table


def _records(done: Preprocessed) -> pd.DataFrame:
    images = len(done.samples)
    rows = [
        {"images": images, "megabytes": size / 1e6, "kilobytes an image": size / images / 1e3}
        for size in done.bytes.values()
    ]
    return pd.DataFrame(rows, index=pd.Index(done.bytes, name="crop"))


def _add_quarantine(report: Report, faults: Sequence[Fault]) -> None:
    report.heading("Quarantine")
    if not faults:
        report.paragraph("Every image of the manifest was read and decoded.")
        return
    reasons = pd.Series([fault.reason for fault in faults]).value_counts()
    summary = pd.DataFrame({"images": reasons, "meaning": [REASONS[str(reason)] for reason in reasons.index]})
    report.warning(f"{len(faults)} images of the manifest are left out of the records.").table(summary)
    rows = [
        {"image": fault.item.image_id, "path": fault.item.path, "reason": fault.reason, "detail": fault.detail}
        for fault in faults[:_FAULTS_SHOWN]
    ]
    caption = f"The first {_FAULTS_SHOWN}; the log has all." if len(faults) > _FAULTS_SHOWN else ""
    report.table(pd.DataFrame(rows), caption)
