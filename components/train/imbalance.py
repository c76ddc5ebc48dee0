"""Making rare classes count: by weights, by drawing them more often, or by focal loss.

Each has a strength, from 0 (all images count alike) to 1. Classes without images weigh nothing and are never drawn.
"""

from typing import Any

import numpy as np
import tensorflow as tf

_HIGHEST_GAMMA = 4.0


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


def sampling_shares(counts: np.ndarray, exponent: float) -> np.ndarray:
    """Share of each class among the images drawn, float64 [9] of sum 1: as with `class_weights` in the loss.

    Args:
        counts: images of each class, [9].
        exponent: 0 gives the data's own frequencies, 1 all classes that have images the same.
    """
    drawn = np.where(counts > 0, counts.astype(np.float64) ** (1.0 - exponent), 0.0)
    return drawn / drawn.sum()


def resampled(labels: np.ndarray, exponent: float, random: np.random.Generator) -> np.ndarray:
    """Draw an epoch's images, in random order, by the shares of `sampling_shares`.

    The images of one class are drawn equally often, up to one; with exponent 0 every image is drawn once.

    Args:
        labels: class of each image, int64 [images].
        exponent: see `sampling_shares`.
        random: decides.

    Returns:
        Indexes of images, int64 [images].
    """
    counts = np.bincount(labels)
    numbers = _whole(sampling_shares(counts, exponent) * len(labels))
    drawn = [_cycled(np.flatnonzero(labels == label), number, random) for label, number in enumerate(numbers) if number]
    return random.permutation(np.concatenate(drawn))


def _whole(numbers: np.ndarray) -> np.ndarray:
    """Integers with the same sum: rounded down, then one more for the largest remainders."""
    # Without the rounding, 45 could come as 44.9999 and its remainder as larger than an honest one.
    numbers = numbers.round(6)
    floors = np.floor(numbers).astype(np.int64)
    missing = round(numbers.sum()) - floors.sum()
    floors[np.argsort(floors - numbers, kind="stable")[:missing]] += 1
    return floors


def _cycled(members: np.ndarray, number: int, random: np.random.Generator) -> np.ndarray:
    """So many of the members: each of them before any comes again."""
    rounds = -(-number // len(members))
    return np.concatenate([random.permutation(members) for _ in range(rounds)])[:number]


def focal_gamma(strength: float) -> float:
    """Focal loss's exponent for a strength from 0 (cross-entropy) to 1."""
    return _HIGHEST_GAMMA * strength


def focal_factor(targets: Any, probabilities: Any, gamma: Any) -> Any:
    """What focal loss multiplies the cross-entropy with: (1 - p)^gamma (Lin et al. 2017, arXiv 1708.02002).

    Args:
        targets: float32 [batch, classes] of sum 1; p is the probability given to them.
        probabilities: float32 [batch, classes] of sum 1.
        gamma: see `focal_gamma`; a number, a tensor or a variable.

    Returns:
        float32 [batch], in 0..1.
    """
    missed = 1.0 - tf.reduce_sum(targets * probabilities, axis=-1)
    # The power's slope at 0 is infinite for gammas below 1.
    return tf.pow(tf.clip_by_value(missed, 1e-6, 1.0), tf.convert_to_tensor(gamma, tf.float32))
