"""Augmentation of training pictures, by keras-cv inside tf.data."""

from collections.abc import Callable

import keras
import keras_cv
import tensorflow as tf

from components.train.augmentation_layers import RandomColour, RandomMixing, RandomPlacement
from components.train.randomness import Randomness

_VALUE_RANGE = (0, 255)

# RandAugment as published applies each of its operations 10 times in 11 (Cubuk et al. 2019, arXiv 1909.13719).
_PUBLISHED_RATE = 10 / 11


class Augmenter:
    """Augments batches of pictures: a skin lesion has no up and no left, and its light and distance vary.

    Args:
        kind: what is done besides mirroring and turning by any angle.
            "flips": nothing.
            "colour": zoom, shifts, light, contrast, saturation, hue and a cut-out.
            "randaugment": two of RandAugment's operations on colours; its geometric ones are left out.
            "mix": "colour"; and pictures are mixed with others by MixUp and CutMix, and their targets with them.
        strength: 0 is "flips" for all kinds. At 1 light and contrast vary by up to 40%, zoom by 25% and the side of the
            cut-out by up to 35% of the picture's; RandAugment has keras-cv's usual magnitude, 0.5; all pictures are
            mixed.
    """

    def __init__(self, kind: str, strength: float) -> None:
        self._randomness = Randomness()
        self._layers = [self._randomness.govern(build) for build in _BUILDERS[kind if strength else "flips"](strength)]

    def __call__(self, images: tf.Tensor, targets: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Augment a batch.

        Args:
            images: float32 [batch, size, size, 3] in 0..255.
            targets: float32 [batch, classes], each of sum 1.
            seed: int64 [2]; the same seed augments in the same way.

        Returns:
            Images and targets of the same shapes and ranges.
        """
        batch = {"images": images, "targets": targets}
        with self._randomness.seeded(seed):
            for layer in self._layers:
                batch = self._apply(layer, batch)
        clipped = tf.clip_by_value(batch["images"], 0.0, 255.0)
        return tf.ensure_shape(clipped, images.shape), tf.ensure_shape(batch["targets"], targets.shape)

    def _apply(self, layer: keras.layers.Layer, batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        if not isinstance(layer, keras_cv.layers.RandomAugmentationPipeline):
            return dict(layer(batch, training=True))

        # It chooses the operations of one picture at a time, in a loop: each picture has its own seed there.
        def augment(picture: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
            image, seed = picture
            with self._randomness.seeded(seed):
                return tf.ensure_shape(layer(image, training=True), image.shape)

        images = batch["images"]
        seeds = self._randomness.seeds(tf.shape(images)[0])
        return {**batch, "images": tf.map_fn(augment, (images, seeds), fn_output_signature=tf.float32)}


Builders = list[Callable[[], keras.layers.Layer]]


def _flips(strength: float) -> Builders:
    return [lambda: RandomPlacement(strength=0.0)]


def _colour(strength: float) -> Builders:
    side = (0.0, 0.35 * strength)
    return [
        lambda: RandomPlacement(strength),
        lambda: RandomColour(strength),
        lambda: keras_cv.layers.RandomCutout(side, side, fill_mode="constant", fill_value=128.0),
    ]


def _randaugment(strength: float) -> Builders:
    def two_operations() -> keras.layers.Layer:
        return keras_cv.layers.RandAugment(
            _VALUE_RANGE,
            augmentations_per_image=2,
            magnitude=0.5 * strength,
            # Some of the operations have no magnitude: applied more rarely, they too come to nothing at strength 0.
            rate=min(_PUBLISHED_RATE, 2.0 * strength),
            geometric=False,
        )

    return [*_flips(strength), two_operations]


def _mix(strength: float) -> Builders:
    return [*_colour(strength), lambda: RandomMixing(strength)]


_BUILDERS: dict[str, Callable[[float], Builders]] = {
    "flips": _flips,
    "colour": _colour,
    "randaugment": _randaugment,
    "mix": _mix,
}
