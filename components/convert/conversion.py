"""The whole conversion: members, ensemble, parity, size, speed."""

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import onnx

from components.common.files import sha256, write_json
from components.common.progress import track
from components.convert.description import describe, stamp
from components.convert.inputs import Inputs
from components.convert.joining import ensemble_graph
from components.convert.latency import median_milliseconds
from components.convert.members import convert_members
from components.convert.network import load_network
from components.convert.parity import Parity, check_gate, compare
from components.convert.reference import member_probabilities, network_inputs, predict_on_batch, tf_function
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import BATCH_SIZE, SPLIT, Batch, read_batches
from components.convert.settings import ConvertSettings

log = logging.getLogger(__name__)

MODEL_FILE = "ensemble.onnx"

ONNX, PREDICT_ON_BATCH, TF_FUNCTION = "ONNX Runtime", "predict_on_batch", "tf.function"


@dataclass(frozen=True)
class Conversion:
    """What was made and measured."""

    described: dict[str, Any]
    """`model.json`."""
    parity: Parity
    keras_sizes: dict[str, int]
    """Bytes of each member's `model.keras`."""
    onnx_bytes: int
    """Bytes of `ensemble.onnx`."""
    milliseconds: dict[str, float]
    """Median time for one image, by contender."""

    @property
    def keras_bytes(self) -> int:
        """Bytes of all `model.keras` together."""
        return sum(self.keras_sizes.values())

    @property
    def size_reduction(self) -> float:
        """Share of the Keras files' bytes that ONNX saves; negative where it is larger."""
        return 1.0 - self.onnx_bytes / self.keras_bytes

    @property
    def speedup(self) -> float:
        """Time of the better of TensorFlow's two, in times of ONNX."""
        return min(self.milliseconds[PREDICT_ON_BATCH], self.milliseconds[TF_FUNCTION]) / self.milliseconds[ONNX]

    def metrics(self) -> dict[str, float]:
        """Flat scalars."""
        return {
            **asdict(self.parity),
            "onnx_bytes": self.onnx_bytes,
            "keras_bytes": self.keras_bytes,
            "size_reduction": self.size_reduction,
            "onnx_milliseconds": self.milliseconds[ONNX],
            "predict_on_batch_milliseconds": self.milliseconds[PREDICT_ON_BATCH],
            "tf_function_milliseconds": self.milliseconds[TF_FUNCTION],
            "speedup": self.speedup,
        }


def convert(inputs: Inputs, settings: ConvertSettings, folder: Path) -> Conversion:
    """Write `ensemble.onnx`, `members/<name>.onnx` and `model.json`, and hold them against TensorFlow.

    Args:
        inputs: the ensemble with its members and records.
        settings: gate and extent of the measurements.
        folder: to write into; it exists.

    Raises:
        ConversionError: a member does not convert, or the parity fails its gate.
        DataError: a model or the records cannot be read.
    """
    described = write_model(inputs, folder)
    served = OnnxEnsemble(folder / MODEL_FILE)
    networks = [load_network(file, member.size) for file, member in zip(inputs.models, inputs.members, strict=True)]
    parity = measure_parity(inputs, networks, served, settings.parity_images)
    log.info("parity: %s", parity)
    check_gate(parity, settings.maximum_difference)
    return Conversion(
        described,
        parity,
        {member.name: file.stat().st_size for member, file in zip(inputs.members, inputs.models, strict=True)},
        (folder / MODEL_FILE).stat().st_size,
        measure_latency(inputs, networks, served, settings.latency_rounds),
    )


def write_model(inputs: Inputs, folder: Path) -> dict[str, Any]:
    """Convert the members, join them, and write all files; returns what `model.json` holds."""
    files = convert_members(
        [file.parent for file in inputs.models], [member.name for member in inputs.members], folder / "members"
    )
    model = ensemble_graph(inputs.ensemble, list(map(onnx.load, files)), [member.crop for member in inputs.members])
    described = describe(inputs, model)
    stamp(model, described)
    onnx.save(model, folder / MODEL_FILE)
    described["sha256"] = sha256(folder / MODEL_FILE)
    write_json(folder / "model.json", described)
    return described


def measure_parity(inputs: Inputs, networks: Sequence[keras.Model], served: OnnxEnsemble, images: int) -> Parity:
    """Compare on the test split, on up to so many images."""
    total = min(images, inputs.summary.images(SPLIT))
    batches = track(read_batches(inputs.records, inputs.crops, images), "batches compared", -(-total // BATCH_SIZE))
    return compare(
        batches, inputs.ensemble, lambda batch: member_probabilities(networks, _given(inputs, batch)), served.run
    )


def measure_latency(
    inputs: Inputs, networks: Sequence[keras.Model], served: OnnxEnsemble, rounds: int
) -> dict[str, float]:
    """Milliseconds for one test image, by contender."""
    one = next(read_batches(inputs.records, inputs.crops, 1))
    given = _given(inputs, one)
    contenders = {
        ONNX: lambda: served.run(one),
        PREDICT_ON_BATCH: predict_on_batch(networks, given),
        TF_FUNCTION: tf_function(networks, given),
    }
    return median_milliseconds(contenders, rounds)


def _given(inputs: Inputs, batch: Batch) -> list[Any]:
    return [network_inputs(batch, member.crop, member.size) for member in inputs.members]
