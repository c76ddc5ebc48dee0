"""Members converted in processes of their own."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from components.common.ensemble import read_ensemble
from components.common.errors import ConversionError
from components.common.member import MODEL_FILE, write_member
from components.convert.members import convert_members
from tests.convert.conftest import Converted, Workplace, example_inputs, member


def test_each_member_is_kept_alone_and_says_what_it_says_in_the_ensemble(
    workplace: Workplace, converted: Converted
) -> None:
    inputs = example_inputs()
    ensemble = onnxruntime.InferenceSession(converted.model / "ensemble.onnx")
    together, unusual = ensemble.run(["member_probabilities", "out_of_distribution"], inputs)
    distances = []
    for number, name in enumerate(["B0-48", "small-64", "small-48"]):
        alone = onnxruntime.InferenceSession(converted.model / "members" / f"{name}.onnx")
        given = {value.name: inputs[value.name] for value in alone.get_inputs()}
        assert [value.name for value in alone.get_outputs()] == ["probabilities", "heatmaps", "feature_distance"]
        probabilities, distance = alone.run(["probabilities", "feature_distance"], given)
        np.testing.assert_allclose(probabilities, together[:, number], atol=1e-6)
        distances.append(distance)
    expected = read_ensemble(workplace.ensemble).out_of_distribution(np.stack(distances, axis=1))
    np.testing.assert_allclose(unusual, expected, rtol=1e-4, atol=1e-4)


def test_a_member_that_does_not_convert_is_named_with_the_reason(tmp_path: Path) -> None:
    write_member(tmp_path, member("broken", 48, 32))
    (tmp_path / MODEL_FILE).write_bytes(b"no network")
    with pytest.raises(ConversionError, match="broken .* does not convert: .*DataError: cannot load .*model.keras"):
        convert_members([tmp_path], ["broken"], tmp_path / "out")
    assert not (tmp_path / "out" / "broken.onnx").exists()
