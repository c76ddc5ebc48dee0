"""What the trained network says of every image, as it is served."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from components.common.member import POOLED
from components.common.predictions import prediction_table
from components.common.taxonomy import CLASSES
from components.train.dataset import Pictures
from components.train.familiarity import FeatureDistribution
from components.train.learner import answer_all

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answers:
    """What the network, as it is served, says of the images of a split."""

    probabilities: np.ndarray
    """float32 [images, 9]."""
    features: np.ndarray
    """Pooled, float32 [images, D]."""


def answer_splits(network: keras.Model, splits: Iterable[Pictures], batch_size: int) -> dict[str, Answers]:
    """Ask the network, as it is served, of every image of every split."""
    both = keras.Model(network.inputs, [network.output, network.get_layer(POOLED).output])
    answer = tf.function(lambda inputs: tf.concat(both(inputs, training=False), axis=1), reduce_retracing=True)
    # The served network computes in float32; by default GPUs round what they multiply to 10 bits.
    rounded = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    answers = {}
    for pictures in splits:
        log.info("predicting %s", pictures.split)
        found = answer_all(answer, pictures.dataset(), batch_size)
        answers[pictures.split] = Answers(found[:, : len(CLASSES)], found[:, len(CLASSES) :])
    tf.config.experimental.enable_tensor_float_32_execution(rounded)
    return answers


def tabulate(splits: Iterable[Pictures], answers: Mapping[str, Answers], usual: FeatureDistribution) -> pd.DataFrame:
    """The predictions of all splits."""
    return pd.concat(
        [
            prediction_table(
                pictures.split,
                pictures.image_ids(),
                pictures.labels(),
                answers[pictures.split].probabilities,
                usual.distance(answers[pictures.split].features),
            )
            for pictures in splits
        ],
        ignore_index=True,
    )
