"""The ONNX ensemble in onnxruntime, on the CPU."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from components.common.errors import ConversionError
from components.convert.samples import Batch


class OnnxEnsemble:
    """A loaded `ensemble.onnx`, or another variant of it.

    Raises:
        ConversionError: onnxruntime does not load it.
    """

    def __init__(self, file: Path) -> None:
        _share_memory()
        options = onnxruntime.SessionOptions()
        options.add_session_config_entry("session.use_env_allocators", "1")
        try:
            self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's exceptions have no common base of their own
            raise ConversionError(f"onnxruntime does not load {file.name}: {error}") from error
        self._outputs = [output.name for output in self._session.get_outputs()]

    @property
    def metadata(self) -> dict[str, Any]:
        """What the file says of itself."""
        return {key: json.loads(value) for key, value in self._session.get_modelmeta().custom_metadata_map.items()}

    def run(self, batch: Batch) -> dict[str, np.ndarray]:
        """All outputs by name, see `interface.ensemble_interface`."""
        answers = self._session.run(self._outputs, batch.feeds())
        return dict(zip(self._outputs, answers, strict=True))


@cache
def _share_memory() -> None:
    """Let all sessions of this process work in one arena; else each would keep gigabytes for itself, used or not."""
    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(place, None)
