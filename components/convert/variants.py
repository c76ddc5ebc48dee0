"""The variants of the ensemble: made of the members' graphs, judged, and offered or taken away."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import onnx

from components.common.files import sha256
from components.common.gates import Gate
from components.common.onnx_model import FLOAT16, INT8, VARIANTS, variant_file
from components.convert.description import describe, stamp
from components.convert.halving import halved
from components.convert.inputs import Inputs
from components.convert.joining import ensemble_graph
from components.convert.parity import Parity
from components.convert.quantization import Feeds, quantized
from components.convert.samples import read_batches
from components.convert.settings import ConvertSettings, Limits

CALIBRATION_SPLIT = "train"


@dataclass(frozen=True)
class Variant:
    """One file, with what was found of it."""

    name: str
    bytes: int
    sha256: str
    parity: Parity
    gates: tuple[Gate, ...]

    @property
    def offered(self) -> bool:
        """Whether it passed all its gates; else its file is not kept."""
        return all(gate.passed for gate in self.gates)

    @property
    def file(self) -> str:
        """Name of its file."""
        return variant_file(self.name)

    def described(self) -> dict[str, Any]:
        """What `model.json` says of it: nothing that differs between two runs on the same inputs."""
        return {
            **{key: getattr(self, key) for key in ("name", "file", "bytes", "sha256")},
            "parity": asdict(self.parity),
        }


def write_variants(inputs: Inputs, settings: ConvertSettings, folder: Path) -> None:
    """Write the smaller variants beside `ensemble.onnx`.

    Args:
        inputs: of the conversion.
        settings: how many images int8 is calibrated on.
        folder: where the members lie, converted, in `members/`.

    Raises:
        ConversionError: a member cannot be quantized, or its graph is not what it should be.
        DataError: the training records are damaged or absent.
    """
    reduce: dict[str, Callable[[onnx.ModelProto, int], onnx.ModelProto]] = {
        FLOAT16: lambda member, _: halved(member),
        # What stays in floating point there is stored in half.
        INT8: lambda member, crop: halved(quantized(member, _calibration(inputs, settings, crop))),
    }
    for name, of_member in reduce.items():
        members = [
            of_member(onnx.load(folder / "members" / f"{member.name}.onnx"), member.crop) for member in inputs.members
        ]
        write_ensemble(inputs, settings, members, name, folder)


def write_ensemble(
    inputs: Inputs, settings: ConvertSettings, members: Sequence[onnx.ModelProto], variant: str, folder: Path
) -> dict[str, Any]:
    """Join members and write the ensemble's file; returns its description, which it holds itself too."""
    model = ensemble_graph(inputs.ensemble, members, [member.crop for member in inputs.members])
    described = describe(inputs, settings, model, variant)
    stamp(model, described)
    onnx.save(model, folder / variant_file(variant))
    return described


def judge(folder: Path, parities: Mapping[str, Parity], settings: ConvertSettings) -> list[Variant]:
    """Hold each variant against its limits."""
    return [_judged(name, folder / variant_file(name), parities[name], settings.limits(name)) for name in VARIANTS]


def keep_offered(folder: Path, variants: Sequence[Variant]) -> None:
    """Take away the files of variants that failed."""
    for variant in variants:
        if not variant.offered:
            (folder / variant.file).unlink()


def _calibration(inputs: Inputs, settings: ConvertSettings, crop: int) -> Iterator[Feeds]:
    """Training images one at a time: of a large network's intermediate results, those of more would fill the memory."""
    batches = read_batches(inputs.records, [crop], settings.calibration_images, split=CALIBRATION_SPLIT, batch_size=1)
    return (batch.feeds() for batch in batches)


def _judged(name: str, file: Path, parity: Parity, limits: Limits) -> Variant:
    return Variant(name, file.stat().st_size, sha256(file), parity, parity.gates(limits))
