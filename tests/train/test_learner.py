"""One network trained several times over."""

from dataclasses import asdict, replace
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.common.errors import TrainingError
from components.common.member import IMAGE_LOGITS
from components.train.dataset import Pictures, serving_batches
from components.train.hyperparameters import Hyperparameters
from components.train.learner import Learner, VariableDropout
from tests.train.conftest import CROP

SIZE = 32
MILD = Hyperparameters(3e-3, dropout=0.1, label_smoothing=0.0, augmentation=0.2, class_weighting=0.5)


@pytest.fixture(scope="module")
def learner(records: Path) -> Learner:
    keras.utils.set_random_seed(0)
    tf.config.experimental.enable_op_determinism()
    train, validation = (Pictures(records, split, CROP, SIZE) for split in ("train", "validation"))
    return Learner(
        name="a", backbone="EfficientNetB0", weights="", train=train, validation=validation, batch_size=16, seed=0
    )


def test_each_training_starts_anew_and_the_same_settings_give_the_same_figures(learner: Learner) -> None:
    first = learner.fit(MILD, 2, "first")
    other = learner.fit(replace(MILD, learning_rate=1e-4, augmentation=1.0), 1, "another")
    again = learner.fit(MILD, 2, "again")
    assert [row.epoch for row in first] == [1, 2]
    assert other[0].loss != first[0].loss
    for one, same in zip(first, again, strict=True):
        assert {**asdict(one), "seconds": 0} == {**asdict(same), "seconds": 0}


def test_the_learning_rate_follows_the_schedule(learner: Learner) -> None:
    history = learner.fit(MILD, 2, "schedule")
    assert learner.steps_per_epoch == 45 // 16
    assert history[0].learning_rate == pytest.approx(MILD.learning_rate)
    assert history[1].learning_rate < MILD.learning_rate


def test_a_loss_that_is_not_a_number_stops_the_training_by_name(learner: Learner) -> None:
    with pytest.raises(TrainingError, match="a, too fast: the loss became nan .* lower the learning rate"):
        learner.fit(replace(MILD, learning_rate=1e30), 3, "too fast")


def test_probabilities_that_are_no_numbers_stop_the_training(learner: Learner) -> None:
    learner.fit(MILD, 1, "whole")
    kernel = learner.network.get_layer(IMAGE_LOGITS).kernel
    kernel.assign(kernel * float("nan"))
    with pytest.raises(TrainingError, match="its probabilities are no longer numbers"):
        learner.validate()


def test_the_exported_network_answers_as_the_trained_one_and_is_of_stock_layers(
    learner: Learner, records: Path, tmp_path: Path
) -> None:
    learner.fit(MILD, 1, "export")
    examples = Pictures(records, "test", CROP, SIZE).dataset()
    learner.export().save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    probabilities = loaded.predict(serving_batches(examples, batch_size=16), verbose=0)
    np.testing.assert_allclose(probabilities, learner.predict(examples), atol=1e-6)
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)


def test_dropout_drops_its_share_in_training_only() -> None:
    rate = keras.Variable(0.0, trainable=False)
    layer, ones = VariableDropout(rate, seed=0), np.ones((100, 100), np.float32)
    np.testing.assert_array_equal(layer(ones, training=True), ones)
    rate.assign(0.4)
    dropped = np.asarray(layer(ones, training=True))
    assert (dropped == 0).mean() == pytest.approx(0.4, abs=0.02)
    assert dropped.mean() == pytest.approx(1, abs=0.03)
    np.testing.assert_array_equal(layer(ones, training=False), ones)
