"""The variant int8: the wide convolutions in 8 bits, with a scale for each of their channels, calibrated on pictures.

Static quantization as in Jacob et al. 2018, arXiv 1712.05877, by onnxruntime's own tool: the values that go into and
come out of a convolution are rounded to 256 steps between the least and the greatest that the calibration saw.

Of an EfficientNet the pointwise convolutions between many channels hold three quarters of the weights and bear it. The
first convolution, the depthwise ones and those between few channels do not, and save little: they stay in floating
point, as does all that is not a convolution.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static

from components.common.errors import ConversionError
from components.convert.convolutions import inner_convolutions
from components.convert.graphs import set_opset

Feeds = dict[str, np.ndarray]

_FEW = 48
"""Channels, in or out, below which a convolution is not quantized."""


def quantized(model: onnx.ModelProto, calibration: Iterable[Feeds]) -> onnx.ModelProto:
    """A member with its wide pointwise convolutions in int8; without any it stays as it is.

    Args:
        model: with the interface `interface.member_interface`; it is not changed.
        calibration: its inputs, a few images at a time. Of all that the network computes of them, only the least and
            the greatest values are kept.

    Raises:
        ConversionError: onnxruntime does not quantize it.
    """
    nodes = [node.name for node in inner_convolutions(model.graph) if _is_wide(node, model.graph)]
    if not nodes:
        return model
    with TemporaryDirectory(prefix="quantization-") as folder:
        given, written = Path(folder, "float32.onnx"), Path(folder, "int8.onnx")
        onnx.save(model, given)
        try:
            quantize_static(
                given,
                written,
                _Reader(calibration),
                quant_format=QuantFormat.QDQ,
                per_channel=True,
                nodes_to_quantize=nodes,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                # Seven bits of weights: with eight, sums overflow on processors without instructions for int8 (VNNI).
                reduce_range=True,
                calibrate_method=CalibrationMethod.MinMax,
            )
        except Exception as error:  # onnxruntime raises what its parts raise
            raise ConversionError(f"onnxruntime cannot quantize {model.graph.name}: {error}") from error
        small = onnx.load(written)
    set_opset(small)  # the tool names domains that it did not use
    return small


def _is_wide(node: onnx.NodeProto, graph: onnx.GraphProto) -> bool:
    """Whether a convolution is pointwise, from many channels to many."""
    shape = next(list(weights.dims) for weights in graph.initializer if weights.name == node.input[1])
    return min(shape[:2]) >= _FEW and shape[2:] == [1, 1]


class _Reader(CalibrationDataReader):
    """Inputs as onnxruntime's tool asks for them."""

    def __init__(self, feeds: Iterable[Feeds]) -> None:
        self._feeds: Iterator[Feeds] = iter(feeds)

    def get_next(self) -> Feeds | None:
        """The next inputs; None at the end."""
        return next(self._feeds, None)
