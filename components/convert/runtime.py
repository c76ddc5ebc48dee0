"""The ONNX ensemble in onnxruntime, on the CPU."""

from pathlib import Path

import numpy as np
import onnxruntime

from components.common.errors import ConversionError
from components.convert import interface
from components.convert.samples import Batch


class OnnxEnsemble:
    """A loaded `ensemble.onnx`.

    Raises:
        ConversionError: onnxruntime does not load it.
    """

    def __init__(self, file: Path) -> None:
        try:
            self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions have no common base of their own
            raise ConversionError(f"onnxruntime does not load {file.name}: {error}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    def run(self, batch: Batch) -> dict[str, np.ndarray]:
        """All outputs by name, see `interface.ensemble_interface`."""
        pixels = {interface.pixels(crop).name: pictures for crop, pictures in batch.pixels.items()}
        answers = self._session.run(self._outputs, {**pixels, interface.DEMOGRAPHICS.name: batch.demographics})
        return dict(zip(self._outputs, answers, strict=True))
