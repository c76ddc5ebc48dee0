"""The whole conversion: members, ensemble, variants, parity, size, speed."""

import logging
import math
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from components.common.files import sha256, write_json
from components.common.onnx_model import DESCRIPTION_FILE, FLOAT32, MODEL_FILE, VARIANTS, variant_file
from components.common.progress import track
from components.convert.description import check_description
from components.convert.inputs import Inputs
from components.convert.measuring import Sizes, Times, latencies, latency_batches, sizes
from components.convert.members import convert_members
from components.convert.parity import Parity, check_gates, compare
from components.convert.reference import PREDICT_ON_BATCH, TF_FUNCTION, Reference
from components.convert.runtime import OnnxEnsemble
from components.convert.samples import BATCH_SIZE, SPLIT, read_batches
from components.convert.settings import ConvertSettings
from components.convert.variants import Variant, judge, keep_offered, write_ensemble, write_variants

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conversion:
    """What was made and measured."""

    described: dict[str, Any]
    """`model.json`."""
    variants: list[Variant]
    """All of them, those not offered too; `ensemble.onnx` first."""
    sizes: Sizes
    milliseconds: dict[int, Times]
    """Median time for so many images at once, by contender: the variants by name, and TensorFlow's two."""

    @property
    def weights_bytes(self) -> int:
        """Bytes of all Keras weights."""
        return sum(self.sizes.weights.values())

    @property
    def checkpoint_bytes(self) -> int:
        """Bytes of all training checkpoints."""
        return sum(self.sizes.checkpoints.values())

    def size_reduction(self, variant: Variant) -> float:
        """Share of the Keras weights' bytes that a variant saves; negative where it is larger."""
        return 1.0 - variant.bytes / self.weights_bytes

    def speedup(self, variant: str, images: int) -> float:
        """Time of the better of TensorFlow's two, in times of a variant's, for so many images at once."""
        times = self.milliseconds[images]
        return min(times[PREDICT_ON_BATCH], times[TF_FUNCTION]) / times[variant]

    def metrics(self) -> dict[str, float]:
        """Flat scalars; those of the smaller variants with their name before it. What is no number is left out."""
        figures: dict[str, float] = {
            **asdict(self.variants[0].parity),
            "keras_weights_bytes": self.weights_bytes,
            "checkpoint_bytes": self.checkpoint_bytes,
            **self._file_figures(self.variants[0], "onnx_"),
            "size_reduction": self.size_reduction(self.variants[0]),
            "speedup": self.speedup(FLOAT32, 1),
            **self._times(PREDICT_ON_BATCH, "predict_on_batch_"),
            **self._times(TF_FUNCTION, "tf_function_"),
        }
        for variant in self.variants[1:]:
            mine = {
                **asdict(variant.parity),
                "size_reduction": self.size_reduction(variant),
                "speedup": self.speedup(variant.name, 1),
                "offered": int(variant.offered),
            }
            figures |= self._file_figures(variant, f"{variant.name}_")
            figures |= {f"{variant.name}_{key}": value for key, value in mine.items() if key != "images"}
        return {key: value for key, value in figures.items() if math.isfinite(value)}

    def _file_figures(self, variant: Variant, prefix: str) -> dict[str, float]:
        return {f"{prefix}bytes": variant.bytes, **self._times(variant.name, prefix)}

    def _times(self, contender: str, prefix: str) -> dict[str, float]:
        """Milliseconds by batch; those for one image have the plain name."""
        return {
            f"{prefix}milliseconds{'' if images == 1 else f'_{images}'}": times[contender]
            for images, times in self.milliseconds.items()
        }


def convert(inputs: Inputs, settings: ConvertSettings, folder: Path) -> Conversion:
    """Write the variants that pass, `members/<name>.onnx` and `model.json`, and hold them against TensorFlow.

    Args:
        inputs: the ensemble with its members and records.
        settings: gates and extent of the measurements.
        folder: to write into; it exists.

    Raises:
        ConversionError: a member does not convert, or `ensemble.onnx` fails a gate.
        DataError: a model or the records cannot be read.
    """
    with ThreadPoolExecutor(max_workers=1) as beside:
        # TensorFlow's tracing takes about as long as the conversion, which keeps one core busy in other processes.
        writing = beside.submit(_write_all, inputs, settings, folder)
        reference = Reference(inputs)
        batches = latency_batches(inputs)
        peers = [reference.contenders(batch) for batch in batches]
        described = writing.result()
    served = _load(folder, described)
    variants = judge(folder, measure_parity(inputs, reference, served, settings.parity_images), settings)
    check_gates(variants[0].parity, variants[0].gates)
    _log(variants)
    milliseconds = latencies(batches, served, peers, settings.latency_rounds)
    keep_offered(folder, variants)
    described["variants"] = [variant.described() for variant in variants if variant.offered]
    write_json(folder / DESCRIPTION_FILE, described)
    return Conversion(described, variants, sizes(inputs, reference), milliseconds)


def write_model(inputs: Inputs, settings: ConvertSettings, folder: Path) -> dict[str, Any]:
    """Convert the members, join them, write `ensemble.onnx` and `model.json`; returns what `model.json` holds."""
    files = convert_members(
        [file.parent for file in inputs.models], [member.name for member in inputs.members], folder / "members"
    )
    described = write_ensemble(inputs, settings, list(map(onnx.load, files)), FLOAT32, folder)
    described["sha256"] = sha256(folder / MODEL_FILE)
    write_json(folder / DESCRIPTION_FILE, described)
    return described


def measure_parity(
    inputs: Inputs, reference: Reference, served: Mapping[str, OnnxEnsemble], images: int
) -> dict[str, Parity]:
    """Compare on the test split, on up to so many images; 0 takes all."""
    images = min(images or inputs.summary.images(SPLIT), inputs.summary.images(SPLIT))
    read = track(read_batches(inputs.records, inputs.crops, images), "batches compared", -(-images // BATCH_SIZE))
    return compare(read, inputs.ensemble, reference.answers, {name: model.run for name, model in served.items()})


def _write_all(inputs: Inputs, settings: ConvertSettings, folder: Path) -> dict[str, Any]:
    described = write_model(inputs, settings, folder)
    write_variants(inputs, settings, folder)
    return described


def _load(folder: Path, described: dict[str, Any]) -> dict[str, OnnxEnsemble]:
    """The variants as a caller loads them, each found to say of itself what `model.json` says."""
    served = {name: OnnxEnsemble(folder / variant_file(name)) for name in VARIANTS}
    expected = {key: value for key, value in described.items() if key != "sha256"}
    for name, model in served.items():
        check_description(model.metadata, {**expected, "variant": name}, variant_file(name))
    return served


def _log(variants: list[Variant]) -> None:
    for variant in variants:
        outcome = "offered" if variant.offered else "not offered"
        log.info("%s: %s; %s", variant.name, outcome, "; ".join(map(str, variant.gates)))
