"""Variants judged, and offered or taken away."""

from pathlib import Path

import pytest

from components.common.files import sha256
from components.convert.parity import Parity
from components.convert.settings import ConvertSettings
from components.convert.variants import judge, keep_offered
from tests.convert.test_settings import SETTINGS

CLOSE, FAR = Parity(10, 1e-5, 1e-5, 0, 0.0), Parity(10, 0.3, 0.2, 2, 0.01)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("ensemble.onnx", "ensemble.float16.onnx", "ensemble.int8.onnx"):
        (tmp_path / name).write_text(name)
    return tmp_path


def test_only_what_passes_all_its_gates_is_kept(folder: Path) -> None:
    variants = judge(folder, {"float32": CLOSE, "float16": CLOSE, "int8": FAR}, ConvertSettings(**SETTINGS))
    keep_offered(folder, variants)
    assert [(variant.name, variant.offered) for variant in variants] == [
        ("float32", True), ("float16", True), ("int8", False),
    ]  # fmt: skip
    assert sorted(file.name for file in folder.iterdir()) == ["ensemble.float16.onnx", "ensemble.onnx"]


def test_a_variant_that_failed_keeps_its_figures(folder: Path) -> None:
    *_, int8 = judge(folder, {"float32": CLOSE, "float16": CLOSE, "int8": FAR}, ConvertSettings(**SETTINGS))
    assert [gate.outcome for gate in int8.gates] == ["failed"] * 3
    assert int8.parity == FAR
    assert int8.bytes == len("ensemble.int8.onnx")


def test_the_description_holds_nothing_that_differs_between_two_runs(folder: Path) -> None:
    first, *_ = judge(folder, {"float32": CLOSE, "float16": CLOSE, "int8": CLOSE}, ConvertSettings(**SETTINGS))
    described = first.described()
    assert described.pop("sha256") == sha256(folder / "ensemble.onnx")
    assert described.pop("parity")["max_abs_difference"] == 1e-5
    assert described == {"name": "float32", "file": "ensemble.onnx", "bytes": 13}
