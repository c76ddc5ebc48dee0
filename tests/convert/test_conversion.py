"""What was measured on the way."""

import numpy as np
import pytest

from components.common.errors import ConversionError
from components.common.files import read_json, sha256
from components.convert.conversion import measure_parity
from components.convert.inputs import read_inputs
from components.convert.parity import check_gates
from components.convert.reference import Reference
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import read_batches
from components.convert.settings import Limits
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


def test_gates_narrower_than_rounding_refuse_the_model(workplace: Workplace, converted: Converted) -> None:
    inputs = read_inputs(workplace.ensemble, workplace.members, workplace.records)
    served = {"float32": OnnxEnsemble(converted.model / "ensemble.onnx")}
    parity = measure_parity(inputs, Reference(inputs), served, 2)["float32"]
    with pytest.raises(ConversionError, match="differ on 2 test images"):
        check_gates(parity, parity.gates(Limits(1e-12, 1.0, 0.0)))


def test_sizes_stand_against_the_weights_and_the_training_checkpoint(converted: Converted) -> None:
    metrics = read_json(converted.parity)
    assert metrics["onnx_bytes"] == (converted.model / "ensemble.onnx").stat().st_size
    assert metrics["size_reduction"] == pytest.approx(1 - metrics["onnx_bytes"] / metrics["keras_weights_bytes"])
    assert 2.9 < metrics["checkpoint_bytes"] / metrics["keras_weights_bytes"] < 3


def test_times_stand_against_the_better_of_two_ways_for_one_image_and_for_sixteen(converted: Converted) -> None:
    metrics = read_json(converted.parity)
    best = min(metrics["predict_on_batch_milliseconds"], metrics["tf_function_milliseconds"])
    assert metrics["speedup"] == pytest.approx(best / metrics["onnx_milliseconds"])
    for contender in ("onnx", "float16", "int8", "predict_on_batch", "tf_function"):
        assert metrics[f"{contender}_milliseconds_16"] > 0


def test_the_variant_that_passes_is_offered_and_the_one_that_fails_is_reported(converted: Converted) -> None:
    metrics, described = read_json(converted.parity), read_json(converted.model / "model.json")
    assert (metrics["float16_offered"], metrics["int8_offered"]) == (1, 0)
    assert metrics["float16_max_abs_difference"] < 0.05
    assert metrics["int8_max_abs_difference"] > 1e-3
    assert metrics["float16_size_reduction"] > 0.45
    assert [variant["name"] for variant in described["variants"]] == ["float32", "float16"]
    assert sorted(file.name for file in converted.model.glob("*.onnx")) == ["ensemble.float16.onnx", "ensemble.onnx"]
    for variant in described["variants"]:
        file = converted.model / variant["file"]
        assert (variant["bytes"], variant["sha256"]) == (file.stat().st_size, sha256(file))
    assert "int8 is not offered" in converted.report.read_text()
