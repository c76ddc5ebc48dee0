"""Networks that answer as if they were trained, at no cost."""

from typing import Any

import numpy as np

from components.common.member import IMAGE_LOGITS


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
