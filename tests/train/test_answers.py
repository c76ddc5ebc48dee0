"""What the network says of every split."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.common import demographics
from components.common.member import DEMOGRAPHICS, FEATURE_DISTANCE, PIXELS, POOLED
from components.common.predictions import probability_columns
from components.train.dataset import Pictures
from components.train.familiarity import fit_features
from tests.train.conftest import CROP, SIZE

keras = pytest.importorskip("keras")


@pytest.fixture
def splits(records: Path) -> list[Pictures]:
    return [Pictures(records, split, CROP, SIZE) for split in ("train", "test")]


def small_network() -> Any:
    pixels = keras.Input((SIZE, SIZE, 3), name=PIXELS)
    patient = keras.Input((demographics.LENGTH,), name=DEMOGRAPHICS)
    features = keras.layers.Conv2D(6, 4, strides=4)(keras.layers.Rescaling(1 / 255)(pixels))
    pooled = keras.layers.GlobalAveragePooling2D(name=POOLED)(features)
    logits = keras.layers.Dense(9)(keras.layers.Concatenate()([pooled, patient]))
    return keras.Model({PIXELS: pixels, DEMOGRAPHICS: patient}, keras.layers.Softmax()(logits))


def test_the_table_holds_the_networks_answer_and_the_distance_of_each_image(splits: list[Pictures]) -> None:
    from components.train.answers import answer_splits, tabulate

    network = small_network()
    answers = answer_splits(network, splits, batch_size=3)
    usual = fit_features(answers["train"].features)
    table = tabulate(splits, answers, usual)
    for pictures in splits:
        rows = table[table["split"] == pictures.split]
        inputs = pictures.dataset().batch(pictures.images()).get_single_element()
        given = {name: inputs[name] for name in (PIXELS, DEMOGRAPHICS)}
        features = np.asarray(keras.Model(network.inputs, network.get_layer(POOLED).output)(given))
        assert list(rows["image_id"]) == pictures.image_ids()
        np.testing.assert_allclose(rows[probability_columns()], network(given), atol=1e-6)
        np.testing.assert_allclose(rows[FEATURE_DISTANCE], usual.distance(features), rtol=1e-3)
