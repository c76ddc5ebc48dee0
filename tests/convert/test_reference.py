"""The trained members in TensorFlow."""

import numpy as np
import pytest

from components.convert.inputs import read_inputs
from components.convert.samples import read_batches
from tests.convert.conftest import CROPS, Workplace

pytest.importorskip("tensorflow")


def test_both_ways_to_serve_give_the_answers_compared_with(workplace: Workplace) -> None:
    from components.convert.reference import PREDICT_ON_BATCH, TF_FUNCTION, Reference

    reference = Reference(read_inputs(workplace.ensemble, workplace.members, workplace.records))
    (batch,) = read_batches(workplace.records, CROPS, 2)
    expected = reference.probabilities(batch)
    assert expected.shape == (2, 3, 9)
    contenders = reference.contenders(batch)
    assert list(contenders) == [PREDICT_ON_BATCH, TF_FUNCTION]
    for call in contenders.values():
        np.testing.assert_allclose(np.stack(call(), axis=1), expected, atol=1e-6)
