"""The trained members in TensorFlow."""

import numpy as np
import pytest

from components.common.member import FEATURE_DISTANCE, MODEL_FILE, PROBABILITIES
from components.convert.inputs import read_inputs
from components.convert.samples import read_batches
from tests.convert.conftest import CROPS, Workplace

keras = pytest.importorskip("keras")


def test_both_ways_to_serve_give_the_answers_compared_with_and_sizes_are_those_of_keras(workplace: Workplace) -> None:
    from components.convert.reference import PREDICT_ON_BATCH, TF_FUNCTION, Reference

    reference = Reference(read_inputs(workplace.ensemble, workplace.members, workplace.records))
    (batch,) = read_batches(workplace.records, CROPS, 2)
    answers = reference.answers(batch)
    expected = answers[PROBABILITIES]
    assert (expected.shape, answers[FEATURE_DISTANCE].shape) == ((2, 3, 9), (2, 3))
    contenders = reference.contenders(batch)
    assert list(contenders) == [PREDICT_ON_BATCH, TF_FUNCTION]
    for call in contenders.values():
        np.testing.assert_allclose(np.stack(call(), axis=1), expected, atol=1e-6)
    small = keras.models.load_model(workplace.members[1] / MODEL_FILE, compile=False)
    adam = keras.optimizers.Adam()
    adam.build(small.trainable_variables)
    # The step's number and the learning rate are scalars.
    moments = sum(variable.numpy().nbytes for variable in adam.variables if len(variable.shape))
    assert reference.weights_bytes[1] == sum(variable.numpy().nbytes for variable in small.weights)
    assert reference.checkpoint_bytes[1] == reference.weights_bytes[1] + moments
