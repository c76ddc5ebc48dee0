"""The network of one ensemble member: an EfficientNet for the picture, a small branch for the demographics.

    pixels        -> EfficientNet -> average pooling -> dropout -> dense 9 ───────────┐
                                                                                     + -> softmax -> probabilities
    demographics  -> dense 32, ReLU -> dropout -> dense 9 -> times a fixed factor ────┘

The two branches meet in the logits, by addition. So the image's part of each logit is pooling followed by one dense
layer, and the class activation map (Zhou et al. 2016, arXiv 1512.04150) of a class is the last feature map times that
layer's column: no gradients needed, and it converts to ONNX.

With test-time flips the EfficientNet sees the picture, its two mirror images and the picture turned by half; their
feature maps, mirrored back, are averaged. All that is said of the feature map holds for the average, and the answer is
the same whichever way a lesion lies.
"""

from collections.abc import Callable
from typing import Any

import keras

from components.common import demographics
from components.common.member import DEMOGRAPHICS, FEATURE_MAP, IMAGE_LOGITS, PIXELS, POOLED, PROBABILITIES
from components.common.taxonomy import CLASSES
from components.train.backbones import build_backbone
from components.train.layers import Dropout, Factor

_DEMOGRAPHICS_UNITS = 32
_DEMOGRAPHICS_LOGITS = "demographics_logits"

# Axes of [batch, rows, columns, channels] along which the views of a picture are mirrored.
_VIEWS: tuple[tuple[int, ...], ...] = ((), (1,), (2,), (1, 2))

MakeLayer = Callable[[], keras.layers.Layer]


def build_network(
    backbone: str,
    size: int,
    *,
    weights: str = "",
    flips: bool = False,
    dropout: MakeLayer = lambda: keras.layers.Identity(),
    factor: MakeLayer = lambda: keras.layers.Identity(),
) -> keras.Model:
    """Build a member's network, of stock Keras layers unless `dropout` or `factor` makes others.

    Its convolutions compute in the present dtype policy of Keras; its logits always in float32.

    Args:
        backbone: name of an EfficientNet, see `backbones.BACKBONES`.
        size: side length of the pictures, in pixels.
        weights: the backbone's pretrained weights, see `backbones.build_backbone`.
        flips: average the feature maps of the picture's four views, for serving: four times the computation.
        dropout: makes the layer that drops out features in training; none by default, as in serving.
        factor: makes the layer that weighs the demographics' logits; none by default, as in serving.

    Returns:
        A model from {pixels: float32 [batch, size, size, 3] in 0..255, demographics: float32 [batch, LENGTH]}
        to probabilities: float32 [batch, 9], in the order of `taxonomy.CLASSES`.
    """
    pixels = keras.Input((size, size, 3), name=PIXELS)
    patient = keras.Input((demographics.LENGTH,), name=DEMOGRAPHICS)
    features = _features(backbone, pixels, weights, flips)
    pooled = dropout()(keras.layers.GlobalAveragePooling2D(dtype="float32", name=POOLED)(features))
    image_logits = _dense(len(CLASSES), name=IMAGE_LOGITS)(pooled)
    hidden = _dense(_DEMOGRAPHICS_UNITS, activation="relu", name="demographics_hidden")(patient)
    patient_logits = _dense(len(CLASSES), use_bias=False, name=_DEMOGRAPHICS_LOGITS)(dropout()(hidden))
    logits = keras.layers.Add(name="logits", dtype="float32")([image_logits, factor()(patient_logits)])
    probabilities = keras.layers.Softmax(dtype="float32", name=PROBABILITIES)(logits)
    return keras.Model({PIXELS: pixels, DEMOGRAPHICS: patient}, probabilities)


def stock_copy(network: keras.Model, backbone: str, size: int, *, factor: float, flips: bool = False) -> keras.Model:
    """The same network in float32 and of stock layers alone, for serving.

    Args:
        network: a trained one.
        backbone: as it was built.
        size: as it was built.
        factor: what its demographics' logits are multiplied by; it goes into the weights of their layer.
        flips: see `build_network`.
    """
    copy = build_network(backbone, size, flips=flips)
    trained = (layer for layer in network.layers if layer.weights and not isinstance(layer, (Dropout, Factor)))
    # By their order, not by name: Keras numbers the layers that keras.applications does not name.
    for layer, source in zip((layer for layer in copy.layers if layer.weights), trained, strict=True):
        scale = factor if layer.name == _DEMOGRAPHICS_LOGITS else 1.0
        layer.set_weights([value * scale for value in source.get_weights()])
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()  # it computes with copies of its weights
    return copy


def _features(backbone: str, pixels: keras.KerasTensor, weights: str, flips: bool) -> keras.KerasTensor:
    if flips:
        views = keras.layers.Concatenate(axis=0, name="views")([_mirrored(pixels, axes) for axes in _VIEWS])
        maps = keras.ops.split(build_backbone(backbone, views, weights).output, len(_VIEWS), axis=0)
        features = keras.layers.Average()([_mirrored(part, axes) for part, axes in zip(maps, _VIEWS, strict=True)])
    else:
        features = build_backbone(backbone, pixels, weights).output
    return keras.layers.Identity(name=FEATURE_MAP)(features)


def _mirrored(images: keras.KerasTensor, axes: tuple[int, ...]) -> keras.KerasTensor:
    """By slices, which ONNX has; of `keras.ops.flip` tf2onnx makes seven operations each, with gathers."""
    if 1 in axes:
        images = images[:, ::-1]
    if 2 in axes:
        images = images[:, :, ::-1]
    return images


def _dense(units: int, **options: Any) -> keras.layers.Dense:
    """Logits are differences of large numbers: bfloat16 would leave two decimal places of them."""
    return keras.layers.Dense(units, dtype="float32", **options)
