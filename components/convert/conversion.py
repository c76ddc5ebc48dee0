"""The whole conversion: members, ensemble, parity, size, speed."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from components.common.files import sha256, write_json
from components.common.onnx_model import DESCRIPTION_FILE, MODEL_FILE
from components.common.progress import track
from components.convert.description import describe, stamp
from components.convert.inputs import Inputs
from components.convert.joining import ensemble_graph
from components.convert.latency import median_milliseconds
from components.convert.members import convert_members
from components.convert.parity import Parity, check_gate, compare
from components.convert.reference import PREDICT_ON_BATCH, TF_FUNCTION, Reference
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import BATCH_SIZE, SPLIT, read_batches
from components.convert.settings import ConvertSettings

log = logging.getLogger(__name__)

ONNX = "ONNX Runtime"


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
    with ThreadPoolExecutor(max_workers=1) as beside:
        # TensorFlow's tracing takes about as long as the conversion, which keeps one core busy in other processes.
        writing = beside.submit(write_model, inputs, folder)
        reference = Reference(inputs)
        one = next(read_batches(inputs.records, inputs.crops, 1))
        contenders = reference.contenders(one)
        described = writing.result()
    served = OnnxEnsemble(folder / MODEL_FILE)
    parity = measure_parity(inputs, reference, served, settings.parity_images)
    check_gate(parity, settings.maximum_difference)
    return Conversion(
        described,
        parity,
        keras_sizes={
            member.name: file.stat().st_size for member, file in zip(inputs.members, inputs.models, strict=True)
        },
        onnx_bytes=(folder / MODEL_FILE).stat().st_size,
        milliseconds=median_milliseconds({ONNX: lambda: served.run(one), **contenders}, settings.latency_rounds),
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
    write_json(folder / DESCRIPTION_FILE, described)
    return described


def measure_parity(inputs: Inputs, reference: Reference, served: OnnxEnsemble, images: int) -> Parity:
    """Compare on the test split, on up to so many images."""
    batches = -(-min(images, inputs.summary.images(SPLIT)) // BATCH_SIZE)
    read = track(read_batches(inputs.records, inputs.crops, images), "batches compared", batches)
    parity = compare(read, inputs.ensemble, reference.probabilities, served.run)
    log.info("parity: %s", parity)
    return parity
