"""The complete official tables through labels, demographics, duplicates and splits: 1, 4 and 16 copies of them."""

import hashlib
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from components.common.storage import open_store
from components.ingest.groups import group_images
from components.ingest.splits import assign_splits, check_no_leak
from components.ingest.tables import read_tables
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "ingest.full_tables"

COPIES = (1, 4, 16)

# Where each table goes, and which of its columns name things that a copy must name otherwise.
TABLES = {
    "ISIC_2019_Training_GroundTruth.csv": ("2019", ["image"]),
    "ISIC_2019_Training_Metadata.csv": ("2019", ["image", "lesion_id"]),
    "train.csv": ("2020", ["image_name", "patient_id"]),
    "ISIC_2020_Training_Duplicates.csv": ("2020", ["image_name_1", "image_name_2"]),
}


def run(isic: Path) -> Result:
    """Seconds for the tables as they are; the note says how time and memory grow with them."""
    if not (isic / "full-csv").is_dir():
        raise SkippedError(f"no complete tables in {isic / 'full-csv'}")
    measured = {copies: in_own_process(measure, isic / "full-csv", copies) for copies in COPIES}
    growth = "; ".join(
        f"{copies}x: {rows:,} rows, {seconds:.1f} s, peak {megabytes:.0f} MB"
        for copies, (rows, seconds, megabytes) in measured.items()
    )
    return Result(NAME, "seconds", measured[1][1], f"{growth}. Random perceptual hashes stand for the pictures.")


def measure(tables: Path, copies: int) -> tuple[int, float, float]:
    """Rows, seconds and peak memory (megabytes) for a number of copies of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        _copy(tables, Path(folder), copies)
        start = time.perf_counter()
        read = read_tables([open_store(folder)])
        seconds = time.perf_counter() - start
    images = _with_hashes(read.images)
    start = time.perf_counter()
    groups = images["image_id"].map(group_images(images, read.known_duplicates).names)
    check_no_leak(groups, assign_splits(images["label"], groups, seed=0))
    seconds += time.perf_counter() - start
    return len(images), seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def _copy(tables: Path, folder: Path, copies: int) -> None:
    for name, (year, columns) in TABLES.items():
        table = pd.read_csv(tables / name, dtype="str")
        (folder / year).mkdir(exist_ok=True)
        for copy in range(copies):
            renamed = table.assign(**{column: table[column] + f"x{copy}" for column in columns})
            renamed.to_csv(folder / year / name, index=False, mode="a", header=copy == 0)


def _with_hashes(images: pd.DataFrame) -> pd.DataFrame:
    digits = np.random.default_rng(0).bytes(32 * len(images)).hex()
    return images.assign(
        sha256=[hashlib.sha256(name.encode()).hexdigest() for name in images["image_id"]],
        phash=[digits[start : start + 64] for start in range(0, len(digits), 64)],
    )
