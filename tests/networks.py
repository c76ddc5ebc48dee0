"""Networks that answer as if they were trained, at no cost."""

from typing import Any

import numpy as np

from components.common.member import IMAGE_LOGITS, POOLED


def as_if_trained(size: int, *, backbone: str = "EfficientNetB0", flips: bool = False) -> Any:
    """An EfficientNet whose batch normalization does something, and whose answers are not all alike."""
    import keras

    from components.train.network import build_network

    network = build_network(backbone, size, flips=flips)
    rng = np.random.default_rng(2)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            shape = layer.gamma.shape
            means = [rng.normal(0, 0.1, shape) for _ in range(2)]
            layer.set_weights([rng.uniform(0.8, 1.2, shape), *means, rng.uniform(0.8, 1.2, shape)])
    layer = network.get_layer(IMAGE_LOGITS)
    layer.set_weights([8 * weight for weight in layer.get_weights()])
    return network


def with_distance(network: Any) -> Any:
    """A network of one output with the distance of its features as a second one, from a distribution made up."""
    from components.train.familiarity import FeatureDistribution, with_feature_distance

    rng, size = np.random.default_rng(6), network.get_layer(POOLED).output.shape[-1]
    axes, _ = np.linalg.qr(rng.normal(size=(size, 4)))
    usual = FeatureDistribution(rng.normal(size=size), axes, variances=np.array([1.0, 2.0, 4.0, 8.0]), rest=0.5)
    return with_feature_distance(network, usual)
