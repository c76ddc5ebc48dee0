"""The records as tf.data: decoded, resized, shuffled, augmented, batched."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import tensorflow as tf

from components.common import demographics
from components.common.errors import DataError
from components.common.member import DEMOGRAPHICS, PIXELS
from components.common.records import Record, read_shard, read_summary, shards
from components.common.taxonomy import CLASSES
from components.train.augmentation import Augmenter
from components.train.hyperparameters import Hyperparameters

# Below this, the decoded pictures of a split are kept in memory over all trainings, and all of them are shuffled.
_CACHE_BYTES = 2 * 1024**3

# Above it, so many encoded pictures are held to shuffle among: half a gigabyte at 768 px.
_SHUFFLE_BUFFER = 4096

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
        counts = read_summary(self.folder).counts[self.split]
        return np.array([counts.get(name, 0) for name in CLASSES], np.int64)

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
        return np.array([record.label for record in self._records()], np.int64)

    def image_ids(self) -> list[str]:
        """Names of the images, in the records' order."""
        return [record.image_id for record in self._records()]

    def dataset(self) -> tf.data.Dataset:
        """Examples in the records' order, unbatched.

        Elements: pixels float32 [size, size, 3] in 0..255, demographics float32 [LENGTH], label int64, image_id string.
        """
        return self._examples

    def shuffled(self, seed: int) -> tf.data.Dataset:
        """The same examples without end, in an order that changes with every pass."""
        if self._fits():
            return self.dataset().shuffle(self.images(), seed=seed).repeat()
        return self._decoded(self._encoded().shuffle(_SHUFFLE_BUFFER, seed=seed).repeat())

    @cached_property
    def _examples(self) -> tf.data.Dataset:
        """See `dataset`. A cache lives as long as its dataset, so this one serves every training and prediction."""
        decoded = self._decoded(self._encoded())
        return decoded.cache() if self._fits() else decoded

    def _fits(self) -> bool:
        return self.images() * self.size**2 * 3 * 4 < _CACHE_BYTES

    def _encoded(self) -> tf.data.Dataset:
        files = [str(path) for path in shards(self.folder, self.crop, self.split)]
        return tf.data.TFRecordDataset(files).apply(tf.data.experimental.assert_cardinality(self.images()))

    def _decoded(self, encoded: tf.data.Dataset) -> tf.data.Dataset:
        return encoded.map(self._parse, num_parallel_calls=tf.data.AUTOTUNE)

    def _records(self) -> Iterator[Record]:
        for path in shards(self.folder, self.crop, self.split):
            yield from read_shard(path)

    def _parse(self, serialized: tf.Tensor) -> dict[str, tf.Tensor]:
        example = tf.io.parse_single_example(serialized, _FEATURES)
        image = tf.io.decode_jpeg(example.pop("image"), channels=3, dct_method="INTEGER_ACCURATE")
        image = tf.ensure_shape(image, (self.crop, self.crop, 3))
        resized = tf.image.resize(image, (self.size, self.size), method="bilinear", antialias=True)
        return {PIXELS: resized, **example}


def training_batches(
    pictures: Pictures, hyperparameters: Hyperparameters, *, batch_size: int, seed: int
) -> tf.data.Dataset:
    """Endless shuffled, augmented batches to train on: inputs, smoothed targets, weights.

    Args:
        pictures: the training split.
        hyperparameters: strength of augmentation, label smoothing, class weighting.
        batch_size: at most the number of images.
        seed: of shuffling, augmentation and the dropping of demographics.
    """
    weights = tf.constant(class_weights(pictures.counts(), hyperparameters.class_weighting))
    augment = Augmenter(hyperparameters.augmentation, seed)
    smoothing = hyperparameters.label_smoothing

    def prepare(batch: dict[str, tf.Tensor]) -> tuple[dict[str, tf.Tensor], tf.Tensor, tf.Tensor]:
        targets = tf.one_hot(batch["label"], len(CLASSES)) * (1.0 - smoothing) + smoothing / len(CLASSES)
        inputs = {PIXELS: augment(batch[PIXELS]), DEMOGRAPHICS: drop_demographics(batch["demographics"], seed)}
        return inputs, targets, tf.gather(weights, batch["label"])

    batches = pictures.shuffled(seed).batch(batch_size, drop_remainder=True)
    return batches.map(prepare, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE)


def serving_batches(examples: tf.data.Dataset, *, batch_size: int) -> tf.data.Dataset:
    """Batches of inputs alone, in order, as they are."""

    def inputs(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        return {PIXELS: batch[PIXELS], DEMOGRAPHICS: batch["demographics"]}

    return examples.batch(batch_size).map(inputs).prefetch(tf.data.AUTOTUNE)


def class_weights(counts: np.ndarray, exponent: float) -> np.ndarray:
    """Weight of each class, float32 [9]: the inverse of its frequency to a power; the mean over the images is 1.

    Args:
        counts: images of each class, [9]; a class without images weighs 0.
        exponent: 0 weighs all images alike, 1 all classes.
    """
    present = counts > 0
    weights = np.zeros(len(counts))
    weights[present] = (counts[present] / counts.sum()) ** -exponent
    return (weights / (weights @ counts / counts.sum())).astype(np.float32)


def drop_demographics(encoded: tf.Tensor, seed: int, share: float = 0.1) -> tf.Tensor:
    """Replace each factor by its "missing" code at random, so that a missing value is survivable (arXiv 1910.03910).

    Args:
        encoded: float32 [batch, LENGTH], from `demographics.encode`.
        seed: of the choice.
        share: how often each factor is dropped.
    """
    parts = []
    for number, factor in enumerate(demographics.FACTORS.values()):
        dropped = tf.random.uniform((tf.shape(encoded)[0], 1), seed=seed + number) < share
        parts.append(tf.where(dropped, demographics.MISSING[factor], encoded[:, factor]))
    return tf.ensure_shape(tf.concat(parts, axis=1), encoded.shape)
