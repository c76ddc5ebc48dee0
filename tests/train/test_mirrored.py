"""A step over several devices, on two logical processors: TensorFlow divides them before it is first used."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from components.train.dataset import Pictures, TrainingBatches
from components.train.devices import Devices
from components.train.learner import Learner, answer_all
from tests.train.conftest import BATCH, CROP, MILD, SIZE, make_learner


def train_on_two(records: str) -> tuple[list[np.ndarray], float, list[str]]:
    """Sums of loss and right answers of two steps, how far the exported network's answers are from the trained one's
    afterwards, and on which devices the first kernel lies."""
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    learner = make_learner(Devices(2, "float32", tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])))
    figures = steps(learner, Path(records))
    test = Pictures(Path(records), "test", CROP, SIZE).dataset()
    answers, exported = learner.predict(test), learner.export()
    served = answer_all(lambda inputs: exported(inputs, training=False), test, BATCH)
    copies = learner.network.get_layer("stem_conv").kernel.value.values
    assert all(np.array_equal(copies[0].numpy(), copy.numpy()) for copy in copies)
    return figures, float(np.abs(served - answers).max()), [copy.device for copy in copies]


def steps(learner: Learner, records: Path) -> list[np.ndarray]:
    learner.reset(MILD)
    batches = TrainingBatches(Pictures(records, "train", CROP, SIZE), MILD, batch_size=BATCH, seed=0)
    return [learner.train(batch, 1e-3).numpy() for batch in learner.distributed(batches.epoch(0))]


@pytest.mark.slow
def test_a_step_over_two_devices_is_one_of_the_whole_batch(learner: Learner, records: Path) -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        figures, difference, devices = pool.submit(train_on_two, str(records)).result()
    assert len(set(devices)) == 2
    # Batch normalization and dropout see halves, so the figures are near, not equal.
    for single, mirrored in zip(steps(learner, records), figures, strict=True):
        np.testing.assert_allclose(mirrored[0], single[0], rtol=0.3)
    assert difference < 1e-5
