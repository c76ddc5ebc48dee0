"""The records as tf.data: decoded, resized, shuffled, augmented, batched."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.common import demographics
from components.common.cores import available_cores
from components.common.errors import DataError
from components.common.member import DEMOGRAPHICS, PIXELS
from components.common.records import Record, read_shard, read_summary, shards
from components.common.taxonomy import CLASSES
from components.train.augmentation import Augmenter
from components.train.hyperparameters import Hyperparameters
from components.train.imbalance import class_weights, resampled
from components.train.random_access import positions, read
from components.train.randomness import draw_seeds, generator

# Below this, the decoded pictures of a split are kept in memory over all trainings.
_CACHE_BYTES = 2 * 1024**3

# Of the batches that are augmented at the same time; what is computed meanwhile takes several times as much.
_AUGMENTED_BYTES = 2**30

# Where tf.data works. Said, or TensorFlow would put on a GPU what can be put there.
_HOST = "CPU:0"

_FEATURES = {
    "image": tf.io.FixedLenFeature([], tf.string),
    "image_id": tf.io.FixedLenFeature([], tf.string),
    "label": tf.io.FixedLenFeature([], tf.int64),
    "demographics": tf.io.FixedLenFeature([demographics.LENGTH], tf.float32),
}


@dataclass(frozen=True)
class Pictures:
    """One split of the records, at the size that a member takes."""

    folder: Path
    split: str
    crop: int
    size: int

    def counts(self) -> np.ndarray:
        """Number of images of each class, int64 [9]."""
        return self._counts

    def images(self) -> int:
        """Number of images.

        Raises:
            DataError: there is none.
        """
        images = int(self.counts().sum())
        if not images:
            raise DataError(f"the {self.split} split in {self.folder} has no images: give ingest more data")
        return images

    def labels(self) -> np.ndarray:
        """Class indexes, int64 [images], in the records' order."""
        return self._labels_and_ids[0]

    def image_ids(self) -> list[str]:
        """Names of the images, in the records' order."""
        return self._labels_and_ids[1]

    def dataset(self) -> tf.data.Dataset:
        """Examples in the records' order, unbatched.

        Elements: pixels float32 [size, size, 3] in 0..255, demographics float32 [LENGTH], label int64, image_id string.
        """
        if self._fits():
            return tf.data.Dataset.from_tensor_slices(self._in_memory)
        return self._decoded()

    def batches(self, indexes: np.ndarray) -> tf.data.Dataset:
        """Examples by their places in the records' order, batched.

        Args:
            indexes: int64 [steps, batch], one row a batch.
        """
        if self._fits():
            examples = self._in_memory
            rows = tf.data.Dataset.from_tensor_slices(indexes)
            return rows.map(lambda row: {name: tf.gather(values, row) for name, values in examples.items()})
        places = tf.data.Dataset.from_tensor_slices(self._places(indexes.ravel()))
        encoded = places.map(_read, num_parallel_calls=available_cores())
        decoded = encoded.map(self._parse, num_parallel_calls=available_cores())
        return decoded.batch(indexes.shape[1], drop_remainder=True)

    @cached_property
    def _counts(self) -> np.ndarray:
        counts = read_summary(self.folder).counts[self.split]
        return np.array([counts.get(name, 0) for name in CLASSES], np.int64)

    @cached_property
    def _in_memory(self) -> dict[str, tf.Tensor]:
        """All examples, decoded once for every training and prediction."""
        with tf.device(_HOST):
            return self._decoded().batch(self.images()).get_single_element()

    @cached_property
    def _labels_and_ids(self) -> tuple[np.ndarray, list[str]]:
        found = [(record.label, record.image_id) for record in self._records()]
        return np.array([label for label, _ in found], np.int64), [image_id for _, image_id in found]

    @cached_property
    def _positions(self) -> tuple[np.ndarray, np.ndarray]:
        """Of every record: the file's number, int64 [images]; begin and length of its message, int64 [images, 2]."""
        found = [positions(path) for path in self._files()]
        return np.repeat(np.arange(len(found)), [len(part) for part in found]), np.concatenate(found)

    def _places(self, indexes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        numbers, positions = self._positions
        paths = np.array([str(path) for path in self._files()])
        return paths[numbers[indexes]], positions[indexes]

    def _fits(self) -> bool:
        return self.images() * self.size**2 * 3 * 4 < _CACHE_BYTES

    def _decoded(self) -> tf.data.Dataset:
        encoded = tf.data.TFRecordDataset([str(path) for path in self._files()])
        counted = encoded.apply(tf.data.experimental.assert_cardinality(self.images()))
        return counted.map(self._parse, num_parallel_calls=available_cores())

    def _files(self) -> list[Path]:
        return shards(self.folder, self.crop, self.split)

    def _records(self) -> Iterator[Record]:
        for path in self._files():
            yield from read_shard(path)

    def _parse(self, serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        example = tf.io.parse_single_example(serialized, _FEATURES)
        image = tf.io.decode_jpeg(example.pop("image"), channels=3, dct_method="INTEGER_ACCURATE")
        image = tf.ensure_shape(image, (self.crop, self.crop, 3))
        resized = tf.image.resize(image, (self.size, self.size), method="bilinear", antialias=True)
        return {PIXELS: resized, **example}


def _read(path: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """One record's message, string []."""

    def read_one(path: bytes, position: np.ndarray) -> np.ndarray:
        return np.array(read(path, int(position[0]), int(position[1])), object)

    # Without a state, tf.data reads several at once under op determinism too.
    return tf.ensure_shape(tf.numpy_function(read_one, (path, position), tf.string, stateful=False), ())


class TrainingBatches:
    """The training split as shuffled, augmented batches, epoch by epoch.

    A batch is a function of the seed, the epoch's number, its place in the epoch and the hyperparameters, whatever was
    read before. What is done to the pictures is traced once: with keras-cv that takes seconds.

    Args:
        pictures: the training split.
        hyperparameters: augmentation, label smoothing, and what is done about imbalance.
        batch_size: at most the number of images counts.
        seed: of order, resampling, augmentation and the dropping of demographics; 0 or greater.
    """

    def __init__(self, pictures: Pictures, hyperparameters: Hyperparameters, *, batch_size: int, seed: int) -> None:
        self._pictures, self._hyperparameters, self._seed = pictures, hyperparameters, seed
        self._batch_size = min(batch_size, pictures.images())
        self._augment = Augmenter(hyperparameters.augmentation, hyperparameters.augmentation_strength)
        self._weights = class_weights(pictures.counts(), self._exponent("weights"))
        self._prepare = tf.function(self._prepared)
        self.steps = pictures.images() // self._batch_size
        """Batches an epoch; the images that fill no batch are left out, others in each epoch."""

    def epoch(self, number: int, skip: int = 0) -> tf.data.Dataset:
        """The batches of one epoch.

        Args:
            number: of the epoch, from 0.
            skip: so many batches at its start are left out; the others are the same.

        Returns:
            `steps - skip` times: inputs ({pixels: float32 [batch, size, size, 3] in 0..255, demographics: float32
            [batch, LENGTH]}), targets float32 [batch, 9] of sum 1, weights float32 [batch].
        """
        random = generator(self._seed, number)
        drawn = resampled(self._pictures.labels(), self._exponent("resampling"), random)
        rows = drawn[: self.steps * self._batch_size].reshape(self.steps, self._batch_size)
        seeds = tf.data.Dataset.from_tensor_slices(draw_seeds(random, self.steps)[skip:])
        batches = tf.data.Dataset.zip(self._pictures.batches(rows[skip:]), seeds)
        return _ahead(batches.map(self._prepare, num_parallel_calls=self._at_once()))

    def _at_once(self) -> int:
        """How many batches are augmented at the same time: one on each core, as long as memory holds them."""
        size = self._batch_size * self._pictures.size**2 * 3 * 4
        return max(1, min(available_cores(), _AUGMENTED_BYTES // size))

    def _exponent(self, imbalance: str) -> float:
        settings = self._hyperparameters
        return settings.imbalance_strength if settings.imbalance == imbalance else 0.0

    def _prepared(
        self, batch: dict[str, tf.Tensor], seed: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        smoothing = self._hyperparameters.label_smoothing
        with tf.device(_HOST):
            patients = drop_demographics(batch["demographics"], seed)
            pixels, targets = self._augment(batch[PIXELS], tf.one_hot(batch["label"], len(CLASSES)), seed)
            weights = tf.linalg.matvec(targets, tf.constant(self._weights))
            smooth = targets * (1.0 - smoothing) + smoothing / len(CLASSES)
        return {PIXELS: pixels, DEMOGRAPHICS: patients}, smooth, weights


def serving_batches(examples: tf.data.Dataset, *, batch_size: int) -> tf.data.Dataset:
    """Batches of inputs alone, in order, as they are."""

    def inputs(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {PIXELS: batch[PIXELS], DEMOGRAPHICS: batch["demographics"]}

    return _ahead(examples.batch(batch_size).map(inputs))


def _ahead(batches: tf.data.Dataset) -> tf.data.Dataset:
    """The same batches; the next two are made while one is in use."""
    options = tf.data.Options()
    # An iterator that ends may wait for tf.data's tuning thread, which sleeps on for as long as the iterator has lived,
    # up to a minute; and here iterators end with every epoch.
    options.autotune.enabled = False
    return batches.prefetch(2).with_options(options)


def drop_demographics(encoded: tf.Tensor, seed: tf.Tensor, share: float = 0.1) -> tf.Tensor:
    """Replace each factor by its "missing" code at random, so that a missing value is survivable (arXiv 1910.03910).

    Args:
        encoded: float32 [batch, LENGTH], from `demographics.encode`.
        seed: of the choice, int64 [2].
        share: how often each factor is dropped.
    """
    drawn = tf.random.stateless_uniform((tf.shape(encoded)[0], len(demographics.FACTORS)), seed)
    parts = [
        tf.where(drawn[:, number, None] < share, demographics.MISSING[factor], encoded[:, factor])
        for number, factor in enumerate(demographics.FACTORS.values())
    ]
    return tf.ensure_shape(tf.concat(parts, axis=1), encoded.shape)
