"""The sample sheet: what the preprocessing did, for a person to look at."""

import hashlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from components.common.errors import PipelineError
from components.common.pictures import border, decode, encode_jpeg, square_crops
from components.common.report import Report
from components.common.storage import Store, open_store
from components.common.taxonomy import CLASSES
from components.preprocess.preprocessing import Preprocessed
from components.preprocess.shards import REASONS, Fault, Sample

SHOWN = 24
_SHOWN_TRIMMED = 16
_PAIRS_A_ROW = 4
_CELL, _GAP = 150, 6
_PAPER, _PEN = 255, (0, 200, 0)
_JPEG_QUALITY = 85
_FAULTS_SHOWN = 200


def sample_sheet(done: Preprocessed, data: str) -> Report:
    """Make the page: the contact sheet, the counts, the quarantine.

    Args:
        done: what came of the run.
        data: URI of the images, some of which are read again.

    Raises:
        StorageError: the data cannot be opened.
    """
    figures = done.metrics()
    report = Report(
        "Preprocessing",
        f"{figures['images']:,} images cropped to {_sizes(done)} px, {figures['borders_trimmed']:,} of them after a "
        f"black border was cut off; {figures['quarantined']:,} left out.",
    )
    _add_contact_sheet(report, choose(done.samples), open_store(data))
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


def before_and_after(data: bytes) -> np.ndarray:
    """A picture with the square that is cropped drawn in, and beside it the crop.

    Args:
        data: the bytes of the picture's file.

    Returns:
        uint8 [cell, 2 * cell + gap, 3].

    Raises:
        DataError: the file cannot be decoded.
    """
    image = decode(data, largest_crop=_CELL)
    within = border(image)
    crop = square_crops(within.cut(image), [_CELL])[_CELL]
    square = within.square()
    pen = max(1, max(image.shape) // _CELL)
    outlined = image.copy()
    square.cut(outlined)[:] = _PEN
    inside = slice(pen, square.width - pen)
    square.cut(outlined)[inside, inside] = square.cut(image)[inside, inside]
    before = square_crops(_letterboxed(outlined), [_CELL])[_CELL]
    return np.hstack([before, np.full((_CELL, _GAP, 3), _PAPER, np.uint8), crop])


def _letterboxed(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    margins = ((top, side - height - top), (left, side - width - left), (0, 0))
    return np.pad(image, margins, constant_values=_PAPER)


def _add_contact_sheet(report: Report, samples: Sequence[Sample], store: Store) -> None:
    pairs, shown = [], []
    for sample in samples:
        try:
            pairs.append(before_and_after(store.read(sample.item.path)))
            shown.append(sample)
        except PipelineError:
            continue  # It was read a moment ago; the sheet does without it.
    report.heading("Before and after")
    if not pairs:
        report.warning("None of the pictures to show could be read again.")
        return
    report.picture(
        encode_jpeg(contact_sheet(pairs), _JPEG_QUALITY),
        "jpeg",
        "Each pair: the picture as it came, with the square that is cropped, and the crop. In reading order:",
    )
    rows = [
        {"image": s.item.image_id, "class": CLASSES[s.item.label], "split": s.split, "border": f"{s.trimmed:.1%}"}
        for s in shown
    ]
    report.table(pd.DataFrame(rows, index=range(1, len(rows) + 1)))


def contact_sheet(pairs: Sequence[np.ndarray]) -> np.ndarray:
    """Put pictures of one shape in rows: uint8 [height, width, 3]."""
    height, width = pairs[0].shape[:2]
    rows, columns = -(-len(pairs) // _PAIRS_A_ROW), min(len(pairs), _PAIRS_A_ROW)
    gap = 2 * _GAP
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap, 3), _PAPER, np.uint8)
    for index, pair in enumerate(pairs):
        top, left = index // _PAIRS_A_ROW * (height + gap), index % _PAIRS_A_ROW * (width + gap)
        sheet[top : top + height, left : left + width] = pair
    return sheet


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
