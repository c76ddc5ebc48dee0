"""A finished run, as KFP's local orchestrator reports one."""

from pathlib import Path

import pytest
from kfp import dsl

from components.local.kfp_internals import TaskRun
from components.plan.presets import DEMO

MEMBER_FIGURES = {"train_accuracy": 0.7, "validation_accuracy": 0.6, "test_accuracy": 0.5, "test_macro_auc": 0.8}


@pytest.fixture
def runs(tmp_path: Path) -> list[TaskRun]:
    """All tasks of the demo; ingest was served from the cache."""
    folder = tmp_path / "run-1"
    folder.mkdir()
    page, text = folder / "page", folder / "table"
    page.write_text("<p>page</p>")
    text.write_text("| Model <b0> |\n")

    def task(name: str, seconds: float, **outputs: dsl.Artifact) -> TaskRun:
        return TaskRun(name, "run-1", outputs, seconds, succeeded=True, cached=name == "ingest")

    splits = {"train_images": 7, "validation_images": 2, "test_images": 1}
    ingested = dsl.Metrics(metadata={"images": 12.0, "quarantined": 1.0})
    preprocessed = dsl.Metrics(metadata={"images": 10.0, "quarantined": 2.0, **splits})
    ensemble = dsl.Model(uri=str(folder / "ensemble"), metadata={"method": "rank"})
    parity = dsl.Metrics(
        metadata={"onnx_bytes": 5.0, "size_reduction": 0.1, "max_abs_difference": 1e-6, "speedup": 2.0}
    )
    registered = {"name": "lesions", "version": "3", "alias": "champion", "reason": "better", "digest": "d"}
    members = [
        task(f"train-{member.name}", 9.0, metrics=dsl.Metrics(metadata={**MEMBER_FIGURES, "trials": 2.0}))
        for member in DEMO.members
    ]
    return [
        task("ingest", 0.1, metrics=ingested, data_card=dsl.HTML(uri=str(page))),
        task("preprocess", 4.0, metrics=preprocessed),
        *members,
        task(
            "evaluate",
            3.0,
            ensemble=ensemble,
            table_1=dsl.Markdown(uri=str(text)),
            metrics=dsl.Metrics(metadata={"test_macro_auc": 0.9}),
        ),
        task("convert", 20.0, parity=parity, onnx_model=dsl.Model(uri=str(folder / "onnx"))),
        task(
            "robustness",
            6.0,
            metrics=dsl.Metrics(metadata={"images": 9.0, "mean_corruption_error": 0.4, "gates_failed": 0.0}),
        ),
        task("register", 5.0, registration=dsl.Artifact(uri=str(folder / "registration"), metadata=registered)),
    ]
