"""One network trained several times over, on one device and on several."""

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from components.train.dataset import Pictures, TrainingBatches, serving_batches
from components.train.devices import find_devices
from components.train.learner import Learner, _overflow, answer_all
from tests.train.conftest import BATCH, CROP, MILD, SIZE, make_learner


@pytest.fixture(scope="module")
def train(records: Path) -> Pictures:
    return Pictures(records, "train", CROP, SIZE)


@pytest.fixture(scope="module")
def test_split(records: Path) -> Pictures:
    return Pictures(records, "test", CROP, SIZE)


def steps(learner: Learner, train: Pictures, count: int = 2) -> np.ndarray:
    """Train from the first weights on; the sums of loss and right answers."""
    learner.reset(MILD)
    batches = TrainingBatches(train, MILD, batch_size=BATCH, seed=0)
    return np.sum(
        [learner.train(batch, 1e-3).numpy() for batch in learner.distributed(batches.epoch(0)).take(count)], axis=0
    )


def test_each_training_starts_anew_and_the_same_one_gives_the_same_weights(learner: Learner, train: Pictures) -> None:
    first, weights = steps(learner, train), learner.state()
    again, same = steps(learner, train), learner.state()
    np.testing.assert_array_equal(first, again)
    for one, other in zip(weights, same, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_state_brings_everything_back(learner: Learner, train: Pictures) -> None:
    batches = list(TrainingBatches(train, MILD, batch_size=BATCH, seed=0).epoch(0))
    learner.reset(MILD)
    learner.train(batches[0], 1e-3)
    state = learner.state()
    expected = learner.train(batches[1], 1e-3).numpy()
    steps(learner, train)
    learner.restore(state)
    np.testing.assert_array_equal(learner.train(batches[1], 1e-3).numpy(), expected)


def test_the_state_of_another_network_is_refused(learner: Learner) -> None:
    with pytest.raises(ValueError, match="the state holds 1 arrays, not these"):
        learner.restore([np.zeros(3)])


def test_the_exported_network_answers_as_the_trained_one_and_is_of_stock_layers(
    learner: Learner, train: Pictures, test_split: Pictures, tmp_path: Path
) -> None:
    steps(learner, train)
    learner.export().save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    probabilities = loaded.predict(serving_batches(test_split.dataset(), batch_size=BATCH), verbose=0)
    np.testing.assert_allclose(probabilities, learner.predict(test_split.dataset()), atol=1e-6)
    assert all(type(layer).__module__.startswith("keras.") for layer in loaded.layers)


def test_a_divided_batch_is_one_step_all_the_same(learner: Learner, train: Pictures) -> None:
    halved = make_learner(find_devices("float32", 0))
    assert halved.divide()
    assert (halved.parts, halved.batch_size) == (2, BATCH)
    # Batch normalization sees halves, so the figures are near, not equal.
    assert steps(halved, train, 1)[0] == pytest.approx(steps(learner, train, 1)[0], rel=0.3)
    for expected in (4, 8, 16):
        assert halved.divide()
        assert halved.parts == expected
    assert not halved.divide()


@pytest.mark.slow
def test_a_batch_in_branches_is_one_step_all_the_same_and_can_be_divided(learner: Learner, train: Pictures) -> None:
    branched = make_learner(find_devices("float32", 0), branches=2)
    # Batch normalization sees halves, so the figures are near, not equal.
    assert steps(branched, train, 1)[0] == pytest.approx(steps(learner, train, 1)[0], rel=0.3)
    assert branched.divide()
    assert (branched.parts, branched.batch_size) == (2, BATCH)
    assert steps(branched, train, 1)[0] == pytest.approx(steps(learner, train, 1)[0], rel=0.3)


@pytest.mark.parametrize("precision", ["mixed_bfloat16", pytest.param("mixed_float16", marks=pytest.mark.slow)])
def test_half_precision_learns_and_is_served_in_float32(precision: str, train: Pictures, test_split: Pictures) -> None:
    learner = make_learner(find_devices(precision, 0))
    figures = steps(learner, train)
    assert np.isfinite(figures).all()
    assert learner.network.get_layer("stem_conv").compute_dtype == precision.removeprefix("mixed_")
    network = learner.export()
    assert {layer.compute_dtype for layer in network.layers} == {"float32"}
    served = answer_all(lambda inputs: network(inputs, training=False), test_split.dataset(), BATCH)
    np.testing.assert_allclose(served, learner.predict(test_split.dataset()), atol=0.02)


def test_where_a_gradient_of_any_device_overflows_all_are_marked() -> None:
    fine, overflown = tf.constant([1.0, 2.0]), tf.constant([1.0, float("inf")])
    assert _overflow([fine, fine]).numpy() == 0
    assert np.isnan(_overflow([fine, overflown]).numpy())


@pytest.mark.slow
def test_xla_compiles_the_step(learner: Learner, train: Pictures) -> None:
    compiled = make_learner(find_devices("float32", 0), xla=True)
    before = compiled.state()
    figures = steps(compiled, train, 1)
    assert figures[0] == pytest.approx(steps(learner, train, 1)[0], rel=0.5)  # XLA draws other random numbers
    assert any((one != other).any() for one, other in zip(before, compiled.state(), strict=True))
