"""The variant int8: convolutions in 8 bits, with a scale for each of their channels, calibrated on training pictures.

Static quantization as in Jacob et al. 2018, arXiv 1712.05877, by onnxruntime's own tool: the values that go into and
come out of a convolution are rounded to 256 steps between the least and the greatest that the calibration saw. All else
stays in single precision.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from components.common.errors import ConversionError
from components.convert.convolutions import inner_convolutions
from components.convert.graphs import set_opset

Feeds = dict[str, np.ndarray]


def quantized(model: onnx.ModelProto, calibration: Iterable[Feeds]) -> onnx.ModelProto:
    """A member with its convolutions in int8.

    Args:
        model: with the interface `interface.member_interface`; it is left as it is.
        calibration: its inputs, a few images at a time. Of all that the network computes of them, only the least and
            the greatest values are kept.

    Raises:
        ConversionError: onnxruntime does not quantize it.
    """
    with TemporaryDirectory(prefix="quantization-") as folder:
        fused, written = Path(folder, "fused.onnx"), Path(folder, "int8.onnx")
        try:
            _fuse(model, fused)
            quantize_static(
                fused,
                written,
                _Reader(calibration),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                op_types_to_quantize=["Conv"],
                nodes_to_quantize=[node.name for node in inner_convolutions(onnx.load(fused).graph)],
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.MinMax,
            )
        except Exception as error:  # onnxruntime raises what its parts raise
            raise ConversionError(f"onnxruntime cannot quantize {model.graph.name}: {error}") from error
        small = onnx.load(written)
    set_opset(small)  # the tool names domains that it did not use
    return small


class _Reader(CalibrationDataReader):
    """Inputs as onnxruntime's tool asks for them."""

    def __init__(self, feeds: Iterable[Feeds]) -> None:
        self._feeds: Iterator[Feeds] = iter(feeds)

    def get_next(self) -> Feeds | None:
        """The next inputs; None at the end."""
        return next(self._feeds, None)


def _fuse(model: onnx.ModelProto, file: Path) -> None:
    """Write the model as onnxruntime simplifies it, in operators of ONNX alone.

    What scales and shifts a depthwise convolution's channels goes into its weights, which then have a range of their
    own for each channel.
    """
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(file)
    onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
