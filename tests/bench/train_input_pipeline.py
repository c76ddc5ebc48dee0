"""Records into a training at 380 px, decoded, resized and augmented, against Keras' image_dataset_from_directory."""

import itertools
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from components.common import demographics
from components.common.pictures import encode_jpeg, prepare
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES
from components.presets import PAPER
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "train.input_pipeline"
MEMBER = PAPER.members[0]
IMAGES = 128
ROUNDS = 3


def run(isic: Path) -> Result:
    """Images a second of a first pass; the note says what a later pass, from memory, gives."""
    paths = sorted((isic / "2020" / "train").glob("*.jpg")) + sorted((isic / "2019").rglob("*.jpg"))
    if len(paths) < IMAGES:
        raise SkippedError(f"fewer than {IMAGES} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(paths[:IMAGES], Path(folder))
        return in_own_process(measure, Path(folder))


def write_pictures(paths: Iterable[Path], folder: Path) -> None:
    """The same JPEG crops twice: as records of a training split, and as files in a folder for each class."""
    records = []
    for number, path in enumerate(paths):
        image = encode_jpeg(prepare(path.read_bytes(), [MEMBER.crop]).crops[MEMBER.crop])
        label = number % len(CLASSES)
        records.append(Record(path.stem, image, label, demographics.MISSING))
        file = folder / "files" / CLASSES[label] / f"{path.stem}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(image)
    write_shard(folder / "records" / str(MEMBER.crop) / shard_name("train", 0, 1), records)
    counts = {name: sum(record.label == index for record in records) for index, name in enumerate(CLASSES)}
    write_summary(
        folder / "records", Summary("bench", [MEMBER.crop], {"train": counts}, list(CLASSES), demographics.LENGTH)
    )


def measure(folder: Path) -> Result:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    from components.train.augmentation import Augmenter
    from components.train.dataset import Pictures, training_batches
    from components.train.hyperparameters import Hyperparameters

    hyperparameters = Hyperparameters.published(MEMBER.backbone, MEMBER.learning_rate)

    def ours() -> Iterable[object]:
        pictures = Pictures(folder / "records", "train", MEMBER.crop, MEMBER.size)
        return training_batches(pictures, hyperparameters, batch_size=MEMBER.batch_size, seed=0)

    def peer() -> Iterable[object]:
        loaded = keras.utils.image_dataset_from_directory(
            folder / "files", image_size=(MEMBER.size, MEMBER.size), batch_size=MEMBER.batch_size, seed=0, verbose=False
        )
        augment = Augmenter(hyperparameters.augmentation, 0)
        return loaded.map(lambda images, labels: (augment(images), labels)).repeat()

    first: dict[Callable[[], Iterable[object]], list[float]] = {ours: [], peer: []}
    later: dict[Callable[[], Iterable[object]], list[float]] = {ours: [], peer: []}
    for build in [ours, peer] * ROUNDS:
        batches = iter(build())
        for passes in (first, later):
            passes[build].append(rate(batches))
    (cold, warm), (peer_cold, peer_warm) = (
        [sorted(passes[build])[ROUNDS // 2] for passes in (first, later)] for build in (ours, peer)
    )
    return Result(
        NAME,
        "images/s",
        cold,
        f"{IMAGES} pictures of {MEMBER.crop} px at {MEMBER.size} px, batches of {MEMBER.batch_size}, the same "
        f"augmentation; first pass. A later pass: ours {warm:.0f} images/s from memory, the peer {peer_warm:.0f}.",
        "image_dataset_from_directory",
        peer_cold,
        cold / peer_cold,
    )


def rate(batches: Iterable[object]) -> float:
    """Images a second over one pass."""
    steps = IMAGES // MEMBER.batch_size
    start = time.perf_counter()
    for _ in itertools.islice(batches, steps):
        pass
    return steps * MEMBER.batch_size / (time.perf_counter() - start)
