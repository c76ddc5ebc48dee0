"""Members of the study's size (B4, B5, B7, random weights) through the convert stage: memory, sizes, speed."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from components.common.files import read_json
from components.plan.presets import PAPER, MemberPreset
from tests.bench._conversion import SETTINGS, write_networks, write_records
from tests.bench._memory import peak_gigabytes
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "convert.paper"
BY_NAME_ONLY = True

IMAGES = 4
ROUNDS = 1


def run(isic: Path) -> Result:
    """Gigabytes at the peak; the note has the variants."""
    paths = sorted((isic / "high-resolution").glob("*.jpg"))
    if len(paths) < 2 * IMAGES:
        raise SkippedError(f"fewer than {2 * IMAGES} pictures in {isic / 'high-resolution'}")
    with tempfile.TemporaryDirectory() as folder:
        write_records(
            Path(folder, "records"), PAPER.crops, {"train": paths[:IMAGES], "test": paths[IMAGES : 2 * IMAGES]}
        )
        in_own_process(_write_networks, Path(folder))
        peak = peak_gigabytes(_command(Path(folder)))
        parity = read_json(Path(folder, "parity"))
    names = ", ".join(f"{member.backbone} at {member.size} px" for member in PAPER.members)
    return Result(NAME, "GB", peak, f"Peak memory of the stage with {names}; {_variants(parity)}")


def _write_networks(folder: Path) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras

    from components.train.network import build_network
    from tests.networks import with_distance

    def network(member: MemberPreset) -> Any:
        keras.utils.set_random_seed(0)
        return with_distance(build_network(member.backbone, member.size))

    write_networks(folder, PAPER.members, network)


def _command(folder: Path) -> list[str]:
    values: dict[str, Any] = {
        **SETTINGS, "latency_rounds": ROUNDS, "calibration_images": IMAGES, "ensemble": folder / "ensemble",
        "records": folder / "records", "onnx_model": folder / "onnx_model", "parity": folder / "parity",
        "report": folder / "report",
    }  # fmt: skip
    options = [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    members = [str(folder / member.name) for member in PAPER.members]
    return [sys.executable, "-m", "components.convert", *options, "--members", *members]


def _variants(parity: dict[str, float]) -> str:
    weights, checkpoints = (parity[f"{name}_bytes"] / 1e6 for name in ("keras_weights", "checkpoint"))
    rows = [f"Keras weights {weights:.0f} MB, checkpoints {checkpoints:.0f} MB"]
    for name, prefix in (("float32", ""), ("float16", "float16_"), ("int8", "int8_")):
        kind = prefix or "onnx_"
        outcome = "" if not prefix else "offered, " if parity[f"{prefix}offered"] else "failed its gates, "
        rows.append(
            f"{name} {outcome}{parity[f'{kind}bytes'] / 1e6:.0f} MB ({parity[f'{prefix}size_reduction']:.1%} smaller), "
            f"largest difference {parity[f'{prefix}max_abs_difference']:.1e}, {_times(parity, kind)}"
        )
    return "; ".join([*rows, *(f"{name} {_times(parity, f'{name}_')}" for name in ("predict_on_batch", "tf_function"))])


def _times(parity: dict[str, float], kind: str) -> str:
    return f"{parity[f'{kind}milliseconds']:.0f} ms, sixteen {parity[f'{kind}milliseconds_16']:.0f} ms"
