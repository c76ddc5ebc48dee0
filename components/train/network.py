"""The network of one ensemble member: an EfficientNet for the picture, a small branch for the demographics.

    pixels        -> EfficientNet -> average pooling -> dropout -> dense 9 ──┐
                                                                            + -> softmax -> probabilities
    demographics  -> dense 32, ReLU -> dropout -> dense 9 ──────────────────┘

The two branches meet in the logits, by addition. So the image's part of each logit is pooling followed by one dense
layer, and the class activation map (Zhou et al. 2016, arXiv 1512.04150) of a class is the last feature map times that
layer's column: no gradients needed, and it converts to ONNX.
"""

from collections.abc import Callable

import keras

from components.common import demographics
from components.common.member import DEMOGRAPHICS, FEATURE_MAP, IMAGE_LOGITS, PIXELS, PROBABILITIES
from components.common.taxonomy import CLASSES
from components.train.backbones import build_backbone

_DEMOGRAPHICS_UNITS = 32


def build_network(
    backbone: str,
    size: int,
    *,
    weights: str = "",
    dropout: Callable[[], keras.layers.Layer] = lambda: keras.layers.Identity(),
) -> keras.Model:
    """Build a member's network, of stock Keras layers unless `dropout` makes others.

    Args:
        backbone: name of an EfficientNet, see `backbones.BACKBONES`.
        size: side length of the pictures, in pixels.
        weights: the backbone's pretrained weights, see `backbones.build_backbone`.
        dropout: makes the layer that drops out features in training; none by default, as in serving.

    Returns:
        A model from {pixels: float32 [batch, size, size, 3] in 0..255, demographics: float32 [batch, LENGTH]}
        to probabilities: float32 [batch, 9], in the order of `taxonomy.CLASSES`.
    """
    pixels = keras.Input((size, size, 3), name=PIXELS)
    patient = keras.Input((demographics.LENGTH,), name=DEMOGRAPHICS)
    features = build_backbone(backbone, pixels, weights).get_layer(FEATURE_MAP).output
    pooled = dropout()(keras.layers.GlobalAveragePooling2D(name="pooling")(features))
    image_logits = keras.layers.Dense(len(CLASSES), name=IMAGE_LOGITS)(pooled)
    hidden = keras.layers.Dense(_DEMOGRAPHICS_UNITS, activation="relu", name="demographics_hidden")(patient)
    patient_logits = keras.layers.Dense(len(CLASSES), use_bias=False, name="demographics_logits")(dropout()(hidden))
    logits = keras.layers.Add(name="logits")([image_logits, patient_logits])
    probabilities = keras.layers.Softmax(dtype="float32", name=PROBABILITIES)(logits)
    return keras.Model({PIXELS: pixels, DEMOGRAPHICS: patient}, probabilities)
