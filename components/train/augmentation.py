"""Augmentation of training pictures, by keras-cv inside tf.data."""

import keras
import keras_cv
import tensorflow as tf

_VALUE_RANGE = (0, 255)


class Augmenter:
    """Augments batches of pictures: a skin lesion has no up and no left, and its light and distance vary.

    Args:
        strength: 0 is flips and turns only; at 1 light, contrast and colour vary by up to 40%, zoom by 25%, and a
            square of up to a third of the side may be cut out.
        seed: of all random choices.
    """

    def __init__(self, strength: float, seed: int) -> None:
        # keras-cv draws from this generator, whatever seed its layers are given. (Not tf.random.set_seed: it would make
        # TensorFlow prepare all its graphs anew.)
        tf.random.set_global_generator(tf.random.Generator.from_seed(seed, alg="philox"))
        layers = [
            keras_cv.layers.RandomFlip("horizontal_and_vertical"),
            keras_cv.layers.RandomRotation(0.5, fill_mode="reflect"),
        ]
        if strength > 0:
            layers += [
                keras_cv.layers.RandomZoom((-0.25 * strength, 0.1 * strength), fill_mode="reflect"),
                keras_cv.layers.RandomColorJitter(
                    _VALUE_RANGE,
                    brightness_factor=0.3 * strength,
                    contrast_factor=0.4 * strength,
                    saturation_factor=(0.5 - 0.3 * strength, 0.5 + 0.3 * strength),
                    hue_factor=0.05 * strength,
                ),
                keras_cv.layers.RandomCutout(
                    (0.0, 0.35 * strength), (0.0, 0.35 * strength), fill_mode="constant", fill_value=128
                ),
            ]
        self._pipeline: list[keras.layers.Layer] = layers

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Augment float32 [batch, size, size, 3] in 0..255; the same shape and range come back."""
        shape = images.shape
        for layer in self._pipeline:
            images = layer(images, training=True)
        return tf.ensure_shape(tf.clip_by_value(tf.cast(images, tf.float32), 0.0, 255.0), shape)
