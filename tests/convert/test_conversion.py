"""What was measured on the way."""

import numpy as np
import pytest

from components.common.errors import ConversionError
from components.common.files import read_json
from components.common.member import MODEL_FILE
from components.convert.conversion import measure_parity
from components.convert.inputs import read_inputs
from components.convert.parity import check_gate
from components.convert.reference import Reference
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import read_batches
from tests.convert.conftest import IMAGES, Converted, Workplace


def test_the_answers_are_those_of_tensorflow_on_real_records(workplace: Workplace, converted: Converted) -> None:
    metrics = read_json(converted.parity)
    assert metrics["images"] == IMAGES
    assert metrics["max_abs_difference"] < 1e-5
    assert metrics["member_max_abs_difference"] < 1e-5
    assert metrics["decisions_changed"] == 0
    inputs = read_inputs(workplace.ensemble, workplace.members, workplace.records)
    (batch,) = read_batches(workplace.records, [48, 64], 5)
    answers = OnnxEnsemble(converted.model / "ensemble.onnx").run(batch)
    assert np.ptp(answers["member_probabilities"], axis=0).max() > 0.01, (
        "members that say the same of all images prove nothing"
    )
    np.testing.assert_allclose(
        inputs.ensemble.predict(answers["member_probabilities"]), answers["probabilities"], atol=1e-6
    )


def test_a_gate_narrower_than_rounding_refuses_the_model(workplace: Workplace, converted: Converted) -> None:
    inputs = read_inputs(workplace.ensemble, workplace.members, workplace.records)
    served = OnnxEnsemble(converted.model / "ensemble.onnx")
    parity = measure_parity(inputs, Reference(inputs), served, 2)
    with pytest.raises(ConversionError, match="differ on 2 test images"):
        check_gate(parity, 1e-12)


def test_figures_are_flat_and_stand_against_named_baselines(workplace: Workplace, converted: Converted) -> None:
    metrics = read_json(converted.parity)
    assert metrics["onnx_bytes"] == (converted.model / "ensemble.onnx").stat().st_size
    assert metrics["keras_bytes"] == sum((folder / MODEL_FILE).stat().st_size for folder in workplace.members)
    assert metrics["size_reduction"] == pytest.approx(1 - metrics["onnx_bytes"] / metrics["keras_bytes"])
    best = min(metrics["predict_on_batch_milliseconds"], metrics["tf_function_milliseconds"])
    assert metrics["speedup"] == pytest.approx(best / metrics["onnx_milliseconds"])
