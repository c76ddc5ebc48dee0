"""The images' way through corruptions and model."""

import cv2
import numpy as np

from components.robustness.batches import read_batches, shrunk
from components.robustness.corruptions import CORRUPTIONS, corrupt
from components.robustness.inputs import Inputs
from components.robustness.measuring import Measurement, measure
from tests.robustness.conftest import SETTINGS, SIDE


def test_the_counts_are_those_of_each_picture_spoiled_and_decided_by_itself(
    inputs: Inputs, measured: Measurement
) -> None:
    (batch,) = read_batches(inputs.records, SIDE, inputs.groups)
    corruption = next(one for one in CORRUPTIONS if one.name == "darker")
    counts = np.zeros_like(measured.tally.confusion[corruption, 4])
    for name, label, picture, patient in zip(
        batch.image_ids, batch.labels, batch.pictures, batch.demographics, strict=True
    ):
        spoiled = corrupt(picture, corruption, 4, name, SETTINGS.seed)
        decided = inputs.model.answer(shrunk([spoiled], inputs.model.crops), patient[None]).decided[0]
        counts[np.arange(len(decided)), label, decided] += 1
    assert np.array_equal(measured.tally.confusion[corruption, 4], counts)


def test_the_example_is_one_of_the_images_and_clean(inputs: Inputs, measured: Measurement) -> None:
    (batch,) = read_batches(inputs.records, SIDE, inputs.groups)
    place = batch.image_ids.index(measured.example.image_id)
    assert np.array_equal(measured.example.picture, batch.pictures[place])


def test_each_corruption_and_the_model_are_timed(measured: Measurement) -> None:
    assert set(measured.stopwatch.corrupting) == {corruption.name for corruption in CORRUPTIONS}
    assert all(seconds > 0 for seconds in measured.stopwatch.corrupting.values())
    assert measured.stopwatch.inferring > 0


def test_opencv_has_its_own_threads_again_afterwards(inputs: Inputs) -> None:
    before = cv2.getNumThreads()
    measure(inputs, SETTINGS.seed)
    assert cv2.getNumThreads() == before
