"""EfficientNet backbones by name, with their pretrained weights.

From keras.applications (Tan and Le 2019, arXiv 1905.11946). keras-cv's EfficientNetV1 is not used: it puts an
activation after the linear projection of each block, and it has no ImageNet weights.
"""

import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np

from components.common.bucket import GCS_SCHEME
from components.common.errors import SettingsError, StorageError
from components.common.files import sha256
from components.common.storage import open_store

BACKBONES: tuple[str, ...] = tuple(f"EfficientNetB{number}" for number in range(8))

# Standard deviations of ImageNet's channels. keras.applications divides by their roots in a layer of its own after the
# normalization, but only in networks that it builds with weights="imagenet"; the weights were trained so.
_IMAGENET_DEVIATION = np.array([0.229, 0.224, 0.225])

# Batches that batch normalization averages over. ImageNet's 0.99 needs hundreds of steps to settle, more than a small
# data set has in its first epochs; pretrained averages are settled already and keep it.
_MOMENTUM_FROM_SCRATCH = 0.9


def build_backbone(name: str, pixels: keras.KerasTensor, weights: str) -> keras.Model:
    """Build an EfficientNet without its head.

    Args:
        name: one of `BACKBONES`.
        pixels: the input, float32 [batch, size, size, 3] in 0..255; scaling and normalization are part of the network.
        weights: "imagenet" (downloaded by Keras), "" (random), or the path or gs:// URI of weights that
            keras.applications saved without the head: a .h5 file, or a folder of files named as Keras names them,
            such as `efficientnetb4_notop.h5`.

    Returns:
        A model from `pixels` to the last feature map, float32 [batch, size / 32, size / 32, channels].

    Raises:
        SettingsError: no such backbone; or the weights are of another architecture.
        StorageError: the weights cannot be read.
    """
    if name not in BACKBONES:
        raise SettingsError(f"no backbone {name!r}; it must be one of {', '.join(BACKBONES)}")
    make = getattr(keras.applications, name)
    backbone = make(include_top=False, weights=None, input_tensor=pixels)
    if weights == "imagenet":
        _take(backbone, make(include_top=False, weights="imagenet", input_shape=pixels.shape[1:]).get_weights())
    elif weights:
        _take(backbone, _load(make(include_top=False, weights=None, input_shape=pixels.shape[1:]), name, weights))
    else:
        for layer in backbone.layers:
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = _MOMENTUM_FROM_SCRATCH
    return backbone


def _take(backbone: keras.Model, values: list[np.ndarray]) -> None:
    """Set ImageNet's weights, with the second division of `_IMAGENET_DEVIATION` folded into the normalization.

    So the network is of the same layers whatever its first weights, and a copy of its weights is a copy of it.
    """
    backbone.set_weights(values)
    for layer in backbone.layers:
        if isinstance(layer, keras.layers.Normalization):
            mean, variance, count = layer.get_weights()
            layer.set_weights([mean, variance * _IMAGENET_DEVIATION, count])
            layer.finalize_state()


def _load(reader: keras.Model, name: str, weights: str) -> list[np.ndarray]:
    with tempfile.TemporaryDirectory() as folder:
        file = _fetch(weights, name, Path(folder))
        try:
            reader.load_weights(file)
        except (ValueError, OSError, KeyError) as error:
            raise SettingsError(
                f"the weights {weights} do not fit {name} without its head: {str(error).splitlines()[0]}; "
                f"give a file that keras.applications.{name}(include_top=False) saved"
            ) from error
    return reader.get_weights()


def weights_version(name: str, weights: str) -> str:
    """What tells the weights that lie at a place from those that lay there before; of others, their name.

    Args:
        name: one of `BACKBONES`.
        weights: see `build_backbone`.

    Raises:
        StorageError: the weights are not there.
    """
    if weights in ("", "imagenet"):
        return weights
    weights = _file(weights, name)
    if weights.startswith(GCS_SCHEME):
        place, _, file = weights.rpartition("/")
        return open_store(place).state(file).version
    return sha256(_local(weights))


def _local(weights: str) -> Path:
    if not Path(weights).is_file():
        raise StorageError(f"no weights file {weights}")
    return Path(weights)


def _file(weights: str, name: str) -> str:
    return weights if weights.endswith(".h5") else f"{weights.rstrip('/')}/{name.lower()}_notop.h5"


def _fetch(weights: str, name: str, folder: Path) -> Path:
    weights = _file(weights, name)
    place, _, file = weights.rpartition("/")
    target = folder / file
    if weights.startswith(GCS_SCHEME):
        target.write_bytes(open_store(place).read(file))
    else:
        shutil.copyfile(_local(weights), target)
    return target
