"""A run of the pipeline on this machine, through KFP's own local orchestrator."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from kfp import local

from components.common.errors import PipelineError
from components.common.files import check_writable, write_json
from components.common.registry_address import parse_address
from components.ingest.fetch import entries
from components.local import kfp_internals
from components.local.images import REPOSITORY
from components.local.index_page import write_index
from components.local.summary import summarize
from components.presets import Preset

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
    """
    warnings.filterwarnings("ignore", message=".*have no effect in the current local runner.*")
    with kfp_internals.recorded() as runs, _initialized(runner, values, root):
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
def _initialized(runner: str, values: dict[str, Any], root: Path) -> Iterator[None]:
    options = {"pipeline_root": str(root), "enable_caching": True, "cache_root": str(root / ".cache")}
    with ExitStack() as stack:
        if runner == "host":
            stack.enter_context(kfp_internals.host_processes({"PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}))
            local.init(local.SubprocessRunner(use_venv=False), **options)
        else:
            stack.enter_context(kfp_internals.honest_containers())
            local.init(local.DockerRunner(mounts=_mounts(values, root)), **options)
        yield


def _mounts(values: dict[str, Any], root: Path) -> list[Any]:
    """What stages need of this machine, at its own place: data and weights to read, workspace and registry to write.

    KFP mounts the pipeline root itself. A place can be mounted only if it is there, and only once.
    """
    from docker.types import Mount

    database = parse_address(values["registry"]).database
    written = _on_this_machine([values["workspace"], str(database.parent) if database else ""])
    for place in written:
        check_writable(Path(place))
    read = _on_this_machine([*entries(values["data"]), values.get("weights", "")])
    read_only = dict.fromkeys(read, True) | dict.fromkeys(written, False)
    return [Mount(place, place, type="bind", read_only=only) for place, only in read_only.items() if place != str(root)]


def _on_this_machine(places: Sequence[str]) -> list[str]:
    """Those that are neither addresses nor words; `parameter_values` has made them absolute."""
    return [place for place in places if Path(place).is_absolute()]


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
