"""Records of real pictures, for the benchmarks of training."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from components.common import demographics
from components.common.pictures import PREPROCESSING_VERSION, encode_jpeg, prepare
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES


def records_of(paths: Sequence[Path], crop: int) -> list[Record]:
    """Crops of a size, given the classes in turn, whatever is on them."""
    return [
        Record(
            path.stem,
            encode_jpeg(prepare(path.read_bytes(), [crop]).crops[crop]),
            number % len(CLASSES),
            demographics.MISSING,
        )
        for number, path in enumerate(paths)
    ]


def write_records(folder: Path, crop: int, splits: Mapping[str, Sequence[Record]]) -> None:
    """Write splits as preprocess does, each as one shard."""
    counts = {}
    for split, records in splits.items():
        write_shard(folder / str(crop) / shard_name(split, 0, 1), records)
        counts[split] = dict(Counter(CLASSES[record.label] for record in records))
    write_summary(folder, Summary("bench", [crop], counts, list(CLASSES), demographics.LENGTH, PREPROCESSING_VERSION))
