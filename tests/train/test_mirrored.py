"""A step over several devices, on two logical processors: TensorFlow divides them before it is first used."""

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from components.train.dataset import Pictures, TrainingBatches
from components.train.devices import Devices, find_devices
from components.train.learner import answer_all
from tests.train.conftest import BATCH, CROP, MILD, SIZE, make_learner


def train_on(processors: int, records: str) -> tuple[list[np.ndarray], np.ndarray, float, list[str]]:
    """Sums of loss and right answers of two steps, the answers afterwards, how far the export is from them, and where
    the first kernel lies."""
    if processors > 1:
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * processors)
        strategy = tf.distribute.MirroredStrategy([f"CPU:{number}" for number in range(processors)])
        learner = make_learner(Devices(processors, "float32", strategy))
    else:
        learner = make_learner(find_devices("float32", 0))
    learner.reset(MILD)
    batches = TrainingBatches(Pictures(Path(records), "train", CROP, SIZE), MILD, batch_size=BATCH, seed=0)
    figures = [learner.train(batch, 1e-3).numpy() for batch in learner.distributed(batches.epoch(0))]
    test = Pictures(Path(records), "test", CROP, SIZE).dataset()
    answers, exported = learner.predict(test), learner.export()
    served = answer_all(lambda inputs: exported(inputs, training=False), test, BATCH)
    kernel = learner.network.get_layer("stem_conv").kernel.value
    copies = getattr(kernel, "values", (kernel,))
    assert all(np.array_equal(copies[0].numpy(), copy.numpy()) for copy in copies)
    keras.backend.clear_session()
    return figures, answers, float(np.abs(served - answers).max()), [copy.device for copy in copies]


def in_own_process(processors: int, records: Path) -> tuple[list[np.ndarray], np.ndarray, float, list[str]]:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(train_on, processors, str(records)).result()


def test_a_step_over_two_devices_is_one_of_the_whole_batch(records: Path) -> None:
    one, two = in_own_process(1, records), in_own_process(2, records)
    assert len(set(two[3])) == 2
    # Batch normalization and dropout see halves, so the figures are near, not equal.
    for single, mirrored in zip(one[0], two[0], strict=True):
        np.testing.assert_allclose(mirrored[0], single[0], rtol=0.3)
    assert two[2] < 1e-5
