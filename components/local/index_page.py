"""One page that links every report of a run, as the pipeline UI would show them."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from components.common.report import Report
from components.local.kfp_internals import TaskRun


def index_page(summary: Mapping[str, Any], runs: list[TaskRun], folder: Path) -> Report:
    """The page of a run.

    Args:
        summary: see `summary.summarize`.
        runs: the tasks, in their order.
        folder: where the page will lie: links are relative to it.
    """
    report = Report(
        f"Run {summary['run_id']}",
        f"Preset {summary['preset']}: {summary['status'].lower()} in {sum(run.seconds for run in runs):.0f} s.",
    )
    for run in runs:
        state = "reused from an earlier run" if run.cached else f"{run.seconds:.1f} s"
        report.heading(f"{run.task}: {state if run.succeeded else 'failed'}")
        for name, artifact in run.outputs.items():
            _artifact(report, name, artifact, folder)
    return report


def _artifact(report: Report, name: str, artifact: Any, folder: Path) -> None:
    kind = artifact.schema_title.removeprefix("system.")
    path = Path(artifact.uri)
    if kind == "HTML":
        report.link(f"Report: {name.replace('_', ' ')}", os.path.relpath(path, folder))
    elif kind == "Markdown":
        report.preformatted(path.read_text(encoding="utf-8"))
    elif kind == "Metrics":
        figures = {key: f"{value:.4g}" for key, value in artifact.metadata.items()}
        report.details(f"Figures: {name.replace('_', ' ')}", pd.DataFrame({"value": figures}))
    elif kind == "ClassificationMetrics":
        pass  # drawn in the stage's own report
    else:
        report.link(f"{kind}: {name.replace('_', ' ')}", os.path.relpath(path, folder))
