"""A run in one JSON object."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.common.onnx_model import MODEL_FILE
from components.common.taxonomy import SPLITS
from components.local.kfp_internals import TaskRun
from components.plan.presets import Preset

_COUNTS = ("images", "quarantined", "trials", "onnx_bytes", "gates_failed", *(f"{split}_images" for split in SPLITS))
_MEMBER_FIGURES = ("train_accuracy", "validation_accuracy", "test_accuracy", "test_macro_auc", "trials")
_ENSEMBLE_FIGURES = (
    "validation_accuracy",
    "test_accuracy",
    "test_accuracy_without_unk",
    "test_balanced_accuracy",
    "test_macro_auc",
    "test_macro_auc_without_unk",
    "test_melanoma_auc",
    "test_malignant_auc",
    "test_ece",
)
_ROBUSTNESS_FIGURES = (
    "images",
    "clean_balanced_error",
    "mean_corruption_error",
    "relative_mean_corruption_error",
    "worst_corruption_error",
    "gates_failed",
)


def summarize(preset: Preset, runs: list[TaskRun]) -> dict[str, Any]:
    """Sum up a run; what a failed or missing stage would tell is null."""
    by_task = {run.task: run for run in runs}
    failed = [run.task for run in runs if not run.succeeded]
    return {
        "run_id": runs[0].run_id,
        "preset": preset.name,
        "status": "FAILED" if failed else "SUCCEEDED",
        "failed": failed,
        "data": _data(_metrics(by_task, "ingest"), _metrics(by_task, "preprocess")),
        "members": [
            {"name": member.name, "backbone": member.backbone, **_pick(_metrics(by_task, task), _MEMBER_FIGURES)}
            for member, task in zip(preset.members, member_tasks(preset), strict=True)
        ],
        "ensemble": {
            "method": _metadata(by_task, "evaluate", "ensemble").get("method"),
            **_pick(_metrics(by_task, "evaluate"), _ENSEMBLE_FIGURES),
        },
        "onnx": _onnx(by_task),
        "robustness": _pick(_metrics(by_task, "robustness"), _ROBUSTNESS_FIGURES),
        "registration": _pick(
            _metadata(by_task, "register", "registration"), ("name", "version", "alias", "reason", "digest")
        ),
        "seconds": {run.task: round(run.seconds, 1) for run in runs},
        "cached": [run.task for run in runs if run.cached],
    }


def member_tasks(preset: Preset) -> list[str]:
    """Names of the training tasks, as KFP makes them from the components' names."""
    return [f"train-{member.name}" for member in preset.members]


def _metadata(by_task: Mapping[str, TaskRun], task: str, artifact: str) -> dict[str, Any]:
    run = by_task.get(task)
    metadata = run.outputs[artifact].metadata if run and artifact in run.outputs else {}
    # KFP keeps every number of an artifact's metadata as a float.
    return {name: int(value) if name in _COUNTS else value for name, value in metadata.items()}


def _metrics(by_task: Mapping[str, TaskRun], task: str) -> dict[str, Any]:
    return _metadata(by_task, task, "metrics")


def _pick(figures: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: figures.get(name) for name in names}


def _data(ingested: Mapping[str, Any], preprocessed: Mapping[str, Any]) -> dict[str, Any]:
    quarantined = [figures["quarantined"] for figures in (ingested, preprocessed) if "quarantined" in figures]
    return {
        "images": preprocessed.get("images"),
        "quarantined": sum(quarantined) if quarantined else None,
        "splits": {split: preprocessed.get(f"{split}_images") for split in SPLITS},
    }


def _onnx(by_task: Mapping[str, TaskRun]) -> dict[str, Any]:
    parity = _metadata(by_task, "convert", "parity")
    run = by_task.get("convert")
    path = str(Path(run.outputs["onnx_model"].uri) / MODEL_FILE) if run and run.outputs else None
    figures = _pick(parity, ("size_reduction", "max_abs_difference", "speedup"))
    return {"path": path, "bytes": parity.get("onnx_bytes"), **figures}
