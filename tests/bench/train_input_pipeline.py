"""Records into a training, decoded, resized and augmented, against Keras' image_dataset_from_directory."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from components.common.taxonomy import CLASSES
from components.plan.presets import PAPER
from tests.bench._records import records_of, write_records
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "train.input_pipeline"
MEMBER = PAPER.members[0]
IMAGES = 128
ROUNDS = 3
SMALL_SIZE = 96
SMALL_BATCH = 32

Epochs = Callable[[int], Iterable[object]]


def run(isic: Path) -> Result:
    """Images a second read from the shards; the note says what a split that is kept in memory gives."""
    paths = sorted((isic / "2020" / "train").glob("*.jpg")) + sorted((isic / "2019").rglob("*.jpg"))
    if len(paths) < IMAGES:
        raise SkippedError(f"fewer than {IMAGES} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(paths[:IMAGES], Path(folder))
        return in_own_process(measure, Path(folder))


def write_pictures(paths: Sequence[Path], folder: Path) -> None:
    """The same JPEG crops twice: as records of a training split, and as files in a folder for each class."""
    records = records_of(paths, MEMBER.crop)
    write_records(folder / "records", MEMBER.crop, {"train": records})
    for record in records:
        file = folder / "files" / CLASSES[record.label] / f"{record.image_id}.jpg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(record.image)


def measure(folder: Path) -> Result:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf

    from components.train import dataset
    from components.train.augmentation import Augmenter
    from components.train.dataset import Pictures, TrainingBatches
    from components.train.hyperparameters import Hyperparameters
    from components.train.randomness import draw_seeds, generator

    hyperparameters = Hyperparameters.published(MEMBER.backbone, MEMBER.learning_rate)

    def ours(size: int = MEMBER.size, batch_size: int = MEMBER.batch_size) -> Epochs:
        pictures = Pictures(folder / "records", "train", MEMBER.crop, size)
        return TrainingBatches(pictures, hyperparameters, batch_size=batch_size, seed=0).epoch

    def peer() -> Epochs:
        loaded = keras.utils.image_dataset_from_directory(
            folder / "files",
            label_mode="categorical",
            image_size=(MEMBER.size, MEMBER.size),
            batch_size=MEMBER.batch_size,
            seed=0,
            verbose=False,
        )
        augment = Augmenter(hyperparameters.augmentation, hyperparameters.augmentation_strength)
        seeds = tf.data.Dataset.from_tensor_slices(draw_seeds(generator(0), IMAGES // MEMBER.batch_size))
        batches = tf.data.Dataset.zip(loaded, seeds).map(
            lambda examples, seed: augment(*examples, seed), num_parallel_calls=tf.data.AUTOTUNE
        )
        return lambda number: batches.prefetch(tf.data.AUTOTUNE)

    memory = dataset._CACHE_BYTES
    dataset._CACHE_BYTES = 0  # as with a split that is too large for it
    epochs = [ours(), peer()]
    rates = [[rate(each) for each in epochs] for _ in range(ROUNDS)]
    from_shards, from_files = (statistics.median(found) for found in zip(*rates, strict=True))
    dataset._CACHE_BYTES = memory
    return Result(
        NAME,
        "images/s",
        from_shards,
        f"{IMAGES} pictures of {MEMBER.crop} px at {MEMBER.size} px, batches of {MEMBER.batch_size}, the same "
        f"augmentation, read anew in each epoch. Of a split that fits into memory: {rate(ours()):.0f} images/s; at "
        f"{SMALL_SIZE} px, batches of {SMALL_BATCH}: {rate(ours(SMALL_SIZE, SMALL_BATCH), 10):.0f} images/s.",
        "image_dataset_from_directory",
        from_files,
        from_shards / from_files,
    )


def rate(epoch: Epochs, epochs: int = 1) -> float:
    """Images a second, once all is traced."""
    for _ in epoch(0):
        pass
    start = time.perf_counter()
    for number in range(epochs):
        for _ in epoch(number):
            pass
    return epochs * IMAGES / (time.perf_counter() - start)
