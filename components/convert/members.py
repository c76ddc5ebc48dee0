"""All members to ONNX, one at a time, each in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import components
from components.common.errors import ConversionError
from components.common.progress import track

_ENVIRONMENT = {
    # tf2onnx else copies the whole graph before each of its dozens of optimization passes, and goes on when one fails.
    "TF2ONNX_CATCH_ERRORS": "FALSE",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # The graphs are small work for a device, and a training may hold it.
    "CUDA_VISIBLE_DEVICES": "-1",
    "PYTHONPATH": str(Path(components.__path__[0]).parent),
}


def convert_members(folders: Sequence[Path], names: Sequence[str], output: Path) -> list[Path]:
    """Convert the members.

    Args:
        folders: written by train.
        names: of the members.
        output: folder to write `<name>.onnx` into.

    Returns:
        The files written, in the same order.

    Raises:
        ConversionError: a member does not convert, named with the reason.
    """
    files = [output / f"{name}.onnx" for name in names]
    for folder, name, file in track(list(zip(folders, names, files, strict=True)), "members converted", len(files)):
        _convert(folder, name, file)
    return files


def _convert(folder: Path, name: str, file: Path) -> None:
    command = [sys.executable, "-m", "components.convert.member", "--member", str(folder), "--output", str(file)]
    done = subprocess.run(command, env={**os.environ, **_ENVIRONMENT}, capture_output=True, text=True)
    if done.returncode < 0:
        raise ConversionError(
            f"converting {name} was killed by signal {-done.returncode}; if for lack of memory, give more: "
            "B7 at 380 px needs 8 GB"
        )
    if done.returncode:
        reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise ConversionError(f"{name} ({folder}) does not convert: {reason}")
