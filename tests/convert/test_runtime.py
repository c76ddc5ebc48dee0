"""Loading the ONNX ensemble."""

from pathlib import Path

import pytest

from components.common.errors import ConversionError
from components.convert.runtime import OnnxEnsemble


def test_a_file_that_does_not_load_is_named(tmp_path: Path) -> None:
    (tmp_path / "ensemble.onnx").write_bytes(b"no model")
    with pytest.raises(ConversionError, match="onnxruntime does not load ensemble.onnx: "):
        OnnxEnsemble(tmp_path / "ensemble.onnx")
