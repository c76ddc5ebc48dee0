"""Layers on keras-cv's base layer, for what its own do slowly: training from a few cores waits for its pictures.

- keras-cv's flip, rotation, zoom and translation each go over all pixels and interpolate anew, 0.3 to 0.4 ms a picture
  of 96 px on one core; together they are one matrix, at the price of one of them.
- its saturation and hue go by way of HSV, 0.35 ms each; light, contrast, saturation and hue are linear in RGB, and so
  one matrix again, 0.1 ms.
- its MixUp and CutMix draw from operations that have a state (see `randomness`).

They draw from a `Randomness` that governs them.
"""

import math
from typing import Any

import keras_cv
import tensorflow as tf

_RGB_TO_YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


class RandomPlacement(keras_cv.layers.VectorizedBaseImageAugmentationLayer):
    """Mirrors every other picture, turns all by any angle, zooms and shifts them, in one interpolation.

    Args:
        strength: 0 does not zoom or shift; 1 zooms in by up to 25%, out by up to 10%, and shifts by up to 10%.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def get_random_transformation_batch(self, batch_size: tf.Tensor, images: tf.Tensor, **others: Any) -> tf.Tensor:
        """Matrices from places in the result to places in the picture, float32 [batch, 8]."""
        random = self._random_generator
        angles = random.uniform((batch_size,), 0.0, 2.0 * math.pi)
        mirrored = tf.where(random.uniform((batch_size,)) < 0.5, -1.0, 1.0)
        scales = 1.0 + self._strength * random.uniform((batch_size,), -0.25, 0.1)
        middle = (tf.cast(tf.shape(images)[1], tf.float32) - 1.0) / 2.0
        shifts = self._strength * random.uniform((2, batch_size), -0.2, 0.2) * middle
        cosines, sines = scales * tf.cos(angles), scales * tf.sin(angles)
        along = (mirrored * cosines, -sines)
        across = (mirrored * sines, cosines)
        # The picture's middle goes to the middle, but for the shift.
        x = middle - middle * (along[0] + along[1]) + shifts[0]
        y = middle - middle * (across[0] + across[1]) + shifts[1]
        flat = tf.zeros_like(angles)
        return tf.stack([*along, x, *across, y, flat, flat], axis=1)

    def augment_images(self, images: tf.Tensor, transformations: tf.Tensor, **others: Any) -> tf.Tensor:
        """Move the pixels; what comes from outside the picture is its mirror image."""
        return tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=transformations,
            output_shape=tf.shape(images)[1:3],
            fill_value=0.0,
            interpolation="BILINEAR",
            fill_mode="REFLECT",
        )

    def augment_targets(self, targets: tf.Tensor, transformations: tf.Tensor, **others: Any) -> tf.Tensor:
        """Leave them."""
        return targets


class RandomColour(keras_cv.layers.VectorizedBaseImageAugmentationLayer):
    """Varies light, contrast, saturation and hue, by one matrix and one offset a picture.

    Args:
        strength: at 1 light varies by 30% of the range, contrast by 40%, saturation by 60% and hue by 9 degrees.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def get_random_transformation_batch(self, batch_size: tf.Tensor, **others: Any) -> dict[str, tf.Tensor]:
        """Light float32 [batch, 1, 1], contrast the same, and colours float32 [batch, 3, 3]."""
        shape = (4, batch_size, 1, 1)
        light, contrast, saturation, hue = tf.unstack(self._strength * self._random_generator.uniform(shape, -1.0, 1.0))
        return {
            "light": 0.3 * 255.0 * light,
            "contrast": 1.0 + 0.4 * contrast,
            "colours": _colours(1.0 + 0.6 * saturation, math.radians(9.0) * hue),
        }

    def augment_images(self, images: tf.Tensor, transformations: dict[str, tf.Tensor], **others: Any) -> tf.Tensor:
        """Multiply each pixel, as a row, with the picture's matrix."""
        contrast, colours = transformations["contrast"], transformations["colours"]
        pixels = tf.reshape(images, (tf.shape(images)[0], -1, 3))
        means = tf.reduce_mean(pixels, axis=1, keepdims=True)
        offsets = tf.matmul((1.0 - contrast) * means, colours) + transformations["light"]
        changed = tf.matmul(pixels, contrast * colours) + offsets
        return tf.reshape(tf.clip_by_value(changed, 0.0, 255.0), tf.shape(images))

    def augment_targets(self, targets: tf.Tensor, transformations: dict[str, tf.Tensor], **others: Any) -> tf.Tensor:
        """Leave them."""
        return targets


def _colours(saturation: tf.Tensor, hue: tf.Tensor) -> tf.Tensor:
    """Matrices, float32 [batch, 3, 3], for rows of RGB: grey stays; saturation is a factor [batch, 1, 1], hue radians.

    Hue turns about the grey axis of YIQ, where saturation is the distance from it.
    """
    to_yiq = tf.constant(_RGB_TO_YIQ)
    cosines, sines = saturation * tf.cos(hue), saturation * tf.sin(hue)
    zeros, ones = tf.zeros_like(hue), tf.ones_like(hue)
    turned = tf.concat(
        [
            tf.concat([ones, zeros, zeros], axis=2),
            tf.concat([zeros, cosines, -sines], axis=2),
            tf.concat([zeros, sines, cosines], axis=2),
        ],
        axis=1,
    )
    return tf.transpose(tf.linalg.inv(to_yiq) @ turned @ to_yiq, (0, 2, 1))


class RandomMixing(keras_cv.layers.VectorizedBaseImageAugmentationLayer):
    """Mixes pictures, and their targets, with the next in the batch: half of them by MixUp, half by CutMix.

    MixUp blends two pictures (Zhang et al. 2017, arXiv 1710.09412), CutMix puts a rectangle of one into the other (Yun
    et al. 2019, arXiv 1905.04899). A picture keeps at least half of itself: its demographics are not mixed.

    Args:
        strength: share of the pictures that are mixed.
    """

    def __init__(self, strength: float) -> None:
        super().__init__()
        self._strength = strength

    def get_random_transformation_batch(self, batch_size: tf.Tensor, images: tf.Tensor, **others: Any) -> tf.Tensor:
        """How much of itself a picture keeps at each pixel, float32 [batch, height, width, 1]."""
        random = self._random_generator
        height, width = images.shape[1:3]
        chosen, kept, y, x = tf.unstack(random.uniform((4, batch_size, 1, 1, 1)))
        kept = 0.5 + 0.5 * kept
        # The rectangle is moved into the picture, so that its area is what was drawn.
        side = tf.sqrt(1.0 - kept)
        rows = (tf.range(height, dtype=tf.float32)[:, None, None] + 0.5) / height - y * (1.0 - side)
        columns = (tf.range(width, dtype=tf.float32)[None, :, None] + 0.5) / width - x * (1.0 - side)
        cut = (rows >= 0.0) & (rows < side) & (columns >= 0.0) & (columns < side)
        by_method = tf.where(chosen < self._strength / 2.0, kept, tf.where(cut, 0.0, 1.0))
        return tf.where(chosen < self._strength, by_method, 1.0)

    def augment_images(self, images: tf.Tensor, transformations: tf.Tensor, **others: Any) -> tf.Tensor:
        """Mix; the batch is in random order, so that the next picture is as good as any."""
        others_images = tf.roll(images, 1, axis=0)
        return others_images + transformations * (images - others_images)

    def augment_targets(self, targets: tf.Tensor, transformations: tf.Tensor, **others: Any) -> tf.Tensor:
        """Mix in the same proportion."""
        kept = tf.reduce_mean(transformations, axis=(1, 2))
        others_targets = tf.roll(targets, 1, axis=0)
        return others_targets + kept * (targets - others_targets)
