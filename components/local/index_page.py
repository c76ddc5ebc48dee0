"""One page that links every report of a run, as the pipeline UI would show them."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from components.common.report import Report
from components.local.dag import dag_svg
from components.local.kfp_internals import TaskRun


def write_index(summary: Mapping[str, Any], runs: list[TaskRun], folder: Path) -> Path:
    """Write `index.html` of a run, and copies of all its reports beside it: artifacts have no `.html` in their names.

    Args:
        summary: see `summary.summarize`.
        runs: the tasks, in their order.
        folder: of the run.
    """
    report = Report(
        f"Run {summary['run_id']}",
        f"Preset {summary['preset']}: {summary['status'].lower()} in {sum(run.seconds for run in runs):.0f} s.",
    )
    report.picture(dag_svg(runs), "svg+xml", "The stages, with the time each took")
    for run in runs:
        if "table_1" in run.outputs:
            report.preformatted(Path(run.outputs["table_1"].uri).read_text(encoding="utf-8"))
    for run in runs:
        state = "reused from an earlier run" if run.cached else f"{run.seconds:.1f} s"
        report.heading(f"{run.task}: {state if run.succeeded else 'failed'}")
        _stage(report, run, folder)
    report.write(folder / "index.html")
    return folder / "index.html"


def _stage(report: Report, run: TaskRun, folder: Path) -> None:
    links = {}
    for name, artifact in run.outputs.items():
        path, title = Path(artifact.uri), name.replace("_", " ")
        match artifact.schema_title.removeprefix("system."):
            case "HTML":
                links[f"{title} (page)"] = os.path.relpath(_copy(path, folder / "reports", run.task, name), folder)
            case "ClassificationMetrics":
                pass  # drawn in the stage's own report
            case "Markdown":
                if name != "table_1":
                    report.preformatted(path.read_text(encoding="utf-8"))
            case "Metrics":
                figures = {
                    key: f"{value:.0f}" if value == int(value) else f"{value:.4g}"
                    for key, value in artifact.metadata.items()
                }
                report.details(f"Figures: {title}", pd.DataFrame({"value": figures}))
            case kind:
                links[f"{title} ({kind.lower()})"] = os.path.relpath(path, folder)
    if links:
        report.links(dict(sorted(links.items(), key=lambda link: "(page)" not in link[0])))


def _copy(page: Path, folder: Path, task: str, name: str) -> Path:
    folder.mkdir(exist_ok=True)
    return Path(shutil.copyfile(page, folder / f"{task}-{name}.html"))
