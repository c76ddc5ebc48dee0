"""A tiny real model, and real registries to register it in."""

import json
import math
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
import pytest

from components.common.demographics import SEXES
from components.common.gates import Gate, write_gates
from components.common.histograms import categorical
from components.common.reference import REFERENCE_FILE, Reference, write_reference
from components.common.registry_address import parse_address
from components.common.taxonomy import CLASSES
from components.register.candidate import Candidate, Inputs, read_candidate
from components.register.mlflow_registry import MlflowRegistry
from components.register.provenance import Provenance
from components.register.settings import Rules

IMAGES = 90
MINIMUM = 0.5
THRESHOLD = 0.35
DATA = {
    "data_version": "7",
    "fingerprint": "d4da",
    "counts": {"train": {"MEL": 500, "NV": 900}, "test": {"MEL": 10, "NV": 10}},
    "licences": {"ISIC 2019": "CC BY-NC 4.0"},
}
PROVENANCE = Provenance(
    run_name="skin-lesion-1",
    run_id="abc-def",
    revision="0123abc",
    images={"train": "registry/train:1"},
    settings={"epochs": "15", "members": "[]"},
    model_uri="gs://bucket/onnx_model",
    predictions_uri="",
    data=DATA,
)
RULES = Rules("macro_auc", maximum_auc_loss=0.1, maximum_decision_loss=0.3, bootstrap_rounds=200, seed=0)
SECONDS_TO_START = 120


def write_onnx(path: Path, seed: int = 0) -> None:
    """A linear layer and a softmax: float32 [batch, 4] to [batch, 9]."""
    weights = np.random.default_rng(seed).normal(size=(4, len(CLASSES))).astype(np.float32)
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node("MatMul", ["pixels", "weights"], ["logits"]),
            onnx.helper.make_node("Softmax", ["logits"], ["probabilities"]),
        ],
        "tiny",
        [onnx.helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["batch", 4])],
        [onnx.helper.make_tensor_value_info("probabilities", onnx.TensorProto.FLOAT, ["batch", len(CLASSES)])],
        [onnx.numpy_helper.from_array(weights, "weights")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=10)
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)


def predictions(skill: float, *, first: int = 0) -> pd.DataFrame:
    """Test predictions of 90 images, numbered from `first`: the more skill, the better they tell the classes apart."""
    labels = np.arange(first, first + IMAGES) % len(CLASSES)
    scores = np.random.default_rng(0).random((IMAGES, len(CLASSES)))
    scores[np.arange(IMAGES), labels] += skill
    scores /= scores.sum(axis=1, keepdims=True)
    names = [f"ISIC_{number:07d}" for number in range(first, first + IMAGES)]
    columns = {f"p_{name}": scores[:, index] for index, name in enumerate(CLASSES)}
    return pd.DataFrame({"image_id": names, "split": "test", "group": names, "label": labels, **columns})


def write_inputs(folder: Path, skill: float = 1.0, *, first: int = 0, macro_auc: float | None = 0.9) -> Inputs:
    """Write what the stages before write, into one folder; the skill also seeds the weights."""
    onnx_model = folder / "onnx"
    write_onnx(onnx_model / "ensemble.onnx", seed=int(skill * 100))
    write_onnx(onnx_model / "members" / "B4.onnx")
    members = [{"name": "B4", "backbone": "EfficientNetB4", "crop": 768, "size": 380}]
    described = {"fingerprint": "f1e2", "classes": list(CLASSES), "method": "rank", "members": members}
    (onnx_model / "model.json").write_text(json.dumps(described))
    predictions(skill, first=first).to_parquet(folder / "predictions.parquet")
    scalars = {"test_macro_auc": macro_auc, "test_accuracy": 0.7, "malignant_threshold": THRESHOLD}
    (folder / "evaluation").write_text(json.dumps(scalars))
    write_gates(folder / "evaluation_gates", [Gate("melanoma sensitivity, test", 0.9, 0.8, at_least=True)])
    write_gates(folder / "robustness_gates", [Gate("mean corruption error", 0.1, 0.2, at_least=False)])
    figures = [("macro_auc", 0.9, 0.85, 0.95), ("auc_MEL", 0.8, math.nan, math.nan), ("recall_MEL", 0.7, 0.6, 0.8)]
    rows = [("ensemble (rank)", split, *figure) for split in ("train", "test") for figure in figures]
    table = pd.DataFrame(rows, columns=["model", "split", "figure", "value", "low", "high"])
    table.to_csv(folder / "figures.csv", index=False)
    subgroups = [("sex", "female", 40, 12, "sensitivity", 0.9, 0.8, 0.95), ("sex", "male", 50, 3, "auc", 0.8, 0.7, 0.9)]
    columns = ["attribute", "subgroup", "images", "malignant", "figure", "value", "low", "high"]
    pd.DataFrame(subgroups, columns=columns).to_csv(folder / "subgroups.csv", index=False)
    write_reference(folder / REFERENCE_FILE, Reference({"sex": categorical(["female"] * 40 + ["male"] * 50, SEXES)}))
    (folder / "robustness").write_text(json.dumps({"mean_corruption_error": 0.4, "map_energy_inside": None}))
    return Inputs(
        onnx_model,
        ensemble=folder,
        evaluation=folder / "evaluation",
        gates=[folder / "evaluation_gates", folder / "robustness_gates"],
        robustness=folder / "robustness",
    )


@pytest.fixture
def candidate(tmp_path: Path) -> Callable[..., Candidate]:
    """Make a candidate from files as convert and evaluate write them; see `write_inputs`."""

    def make(skill: float, *, first: int = 0, macro_auc: float | None = 0.9) -> Candidate:
        inputs = write_inputs(tmp_path / f"skill-{skill}-first-{first}", skill, first=first, macro_auc=macro_auc)
        return read_candidate(inputs, MINIMUM, replace(PROVENANCE, predictions_uri=str(inputs.ensemble)))

    return make


@pytest.fixture(scope="session")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> MlflowRegistry:
    """A registry in a folder."""
    return MlflowRegistry(parse_address(str(tmp_path_factory.mktemp("a registry"))))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real `mlflow server`."""
    process, address = start_server(tmp_path_factory.mktemp("server"), free_port())
    yield address
    kill_server(process)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def start_server(folder: Path, port: int) -> tuple[subprocess.Popen[bytes], str]:
    """Start a real `mlflow server` that keeps all in a folder; its address too, once it answers."""
    options = f"--host 127.0.0.1 --port {port} --workers 1 --serve-artifacts".split()
    places = [f"--backend-store-uri=sqlite:///{folder}/mlflow.db", f"--artifacts-destination={folder}/artifacts"]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *options, *places],
            cwd=folder,
            env={**os.environ, **quiet},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}", folder / "log")
    except BaseException:
        kill_server(process)
        raise
    return process, f"http://127.0.0.1:{port}"


def kill_server(process: subprocess.Popen[bytes]) -> None:
    """Kill the whole session that was started: the server has a child for its worker."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"mlflow server did not start: {log.read_text()}")


@pytest.fixture(params=["embedded", "server"])
def registry(request: pytest.FixtureRequest) -> MlflowRegistry:
    """Either kind of registry."""
    if request.param == "embedded":
        return request.getfixturevalue("embedded")
    return MlflowRegistry(parse_address(request.getfixturevalue("server")))


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A model name of the test's own, since the registries are shared."""
    return request.node.name.replace("[", "-").rstrip("]")
