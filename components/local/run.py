"""A run of the pipeline on this machine, through KFP's own local orchestrator."""

import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kfp import local

from components.common.errors import PipelineError
from components.common.files import write_json
from components.local import kfp_internals
from components.local.containers import locked_in
from components.local.images import REPOSITORY
from components.local.index_page import write_index
from components.local.summary import summarize
from components.plan.presets import Preset

RUNNERS: tuple[str, ...] = ("host", "container")


def run_locally(pipeline: Any, preset: Preset, values: dict[str, Any], *, runner: str, root: Path) -> dict[str, Any]:
    """Run the pipeline; finished stages of earlier runs under the same root are used again.

    Args:
        pipeline: as `build_pipeline` gives it.
        preset: that it was built from.
        values: of its parameters.
        runner: "host" runs each stage as a process, "container" in its image.
        root: folder of the runs; each leaves a folder with its artifacts, `summary.json` and `index.html`.

    Returns:
        What `summary.json` holds.

    Raises:
        PipelineError: a stage failed; its own message stands in the log above.
        EngineError: the runner is "container", and no engine answers, or it lacks an image.
    """
    warnings.filterwarnings("ignore", message=".*have no effect in the current local runner.*")
    with kfp_internals.recorded() as runs, _initialized(pipeline, preset, values, runner, root):
        try:
            pipeline(**values)
        except RuntimeError as error:
            failure: Exception | None = error
        else:
            failure = None
    if not runs:
        raise PipelineError(f"the pipeline did not start: {failure}")
    folder = root / runs[0].run_id
    summary = summarize(preset, runs)
    write_json(folder / "summary.json", summary)
    write_index(summary, runs, folder)
    if failure:
        raise PipelineError(
            f"stage {runs[-1].task} failed: its message stands above; stages done are kept"
        ) from failure
    _show_end(runs, summary, folder)
    return summary


@contextmanager
def _initialized(pipeline: Any, preset: Preset, values: dict[str, Any], runner: str, root: Path) -> Iterator[None]:
    options = {"pipeline_root": str(root), "enable_caching": True, "cache_root": str(root / ".cache")}
    with ExitStack() as stack:
        if runner == "host":
            stack.enter_context(kfp_internals.host_processes({"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}))
            local.init(local.SubprocessRunner(use_venv=False), **options)
        else:
            mounts = stack.enter_context(locked_in(pipeline, {"weights": preset.weights, **values}, root))
            local.init(local.DockerRunner(mounts=mounts), **options)
        yield


def _show_end(runs: list[kfp_internals.TaskRun], summary: dict[str, Any], folder: Path) -> None:
    table = next(run.outputs["table_1"].uri for run in runs if run.task == "evaluate")
    registration, ensemble = summary["registration"], summary["ensemble"]
    print(f"\nTable 1\n\n{Path(table).read_text(encoding='utf-8')}")  # noqa: T201
    print(  # noqa: T201
        f"Test macro AUC {_shown(ensemble['test_macro_auc'])}, "
        f"without UNK {_shown(ensemble['test_macro_auc_without_unk'])}\n"
        f"Report: {folder / 'index.html'}\n"
        f"Registered: {registration['name']} version {registration['version']}, alias {registration['alias']} "
        f"({registration['reason']})"
    )


def _shown(figure: float | None) -> str:
    return "–" if figure is None else f"{figure:.3f}"
