"""The ensemble's graph, joined from members of different crops, sizes and grids."""

import numpy as np
import onnx
import onnxruntime
import pytest

from tests.convert.conftest import Converted, example_inputs


@pytest.fixture(scope="module")
def session(converted: Converted) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(converted.model / "ensemble.onnx")


def test_inputs_and_outputs_are_exactly_these(session: onnxruntime.InferenceSession) -> None:
    assert [(value.name, value.type, value.shape) for value in session.get_inputs()] == [
        ("pixels_48", "tensor(uint8)", ["batch", 48, 48, 3]),
        ("pixels_64", "tensor(uint8)", ["batch", 64, 64, 3]),
        ("demographics", "tensor(float)", ["batch", 12]),
    ]
    assert [(value.name, value.type, value.shape) for value in session.get_outputs()] == [
        ("probabilities", "tensor(float)", ["batch", 9]),
        ("average", "tensor(float)", ["batch", 9]),
        ("member_probabilities", "tensor(float)", ["batch", 3, 9]),
        ("member_ranks", "tensor(float)", ["batch", 3, 9]),
        ("heatmaps", "tensor(float)", ["batch", 9, 8, 8]),
        ("out_of_distribution", "tensor(float)", ["batch"]),
    ]


def test_the_file_passes_the_full_check(converted: Converted) -> None:
    onnx.checker.check_model(onnx.load(converted.model / "ensemble.onnx"), full_check=True)


@pytest.mark.parametrize("images", [1, 2, 7])
def test_any_batch_gives_each_image_its_own_answer(session: onnxruntime.InferenceSession, images: int) -> None:
    inputs = example_inputs(images)
    together = session.run(None, inputs)
    alone = session.run(None, {name: values[-1:] for name, values in inputs.items()})
    for many, one in zip(together, alone, strict=True):
        assert len(many) == images
        np.testing.assert_allclose(many[-1:], one, atol=1e-5)
