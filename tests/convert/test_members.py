"""Members converted in processes of their own."""

from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from components.common.errors import ConversionError
from components.common.member import MODEL_FILE, write_member
from components.convert.members import convert_members
from tests.convert.conftest import Converted, example_inputs, member


def test_each_member_is_kept_alone_and_says_what_it_says_in_the_ensemble(converted: Converted) -> None:
    inputs = example_inputs()
    ensemble = onnxruntime.InferenceSession(converted.model / "ensemble.onnx")
    (together,) = ensemble.run(["member_probabilities"], inputs)
    for number, name in enumerate(["B0-48", "small-64", "small-48"]):
        alone = onnxruntime.InferenceSession(converted.model / "members" / f"{name}.onnx")
        given = {value.name: inputs[value.name] for value in alone.get_inputs()}
        assert [value.name for value in alone.get_outputs()] == ["probabilities", "heatmaps"]
        np.testing.assert_allclose(alone.run(["probabilities"], given)[0], together[:, number], atol=1e-6)


def test_a_member_that_does_not_convert_is_named_with_the_reason(tmp_path: Path) -> None:
    write_member(tmp_path, member("broken", 48, 32))
    (tmp_path / MODEL_FILE).write_bytes(b"no network")
    with pytest.raises(ConversionError, match="broken .* does not convert: .*DataError: cannot load .*model.keras"):
        convert_members([tmp_path], ["broken"], tmp_path / "out")
    assert not (tmp_path / "out" / "broken.onnx").exists()
