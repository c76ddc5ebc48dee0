"""Small pipelines whose one task looks around in a stage's container."""

import json
from pathlib import Path
from typing import Any

from kfp import dsl, local

from components.local import kfp_internals
from components.local.containers import locked_in
from components.local.images import source_image

LOOK = """
import json, os, pathlib, sys, urllib.request
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status") if ":\\t" in line)

def written(folder):
    try:
        pathlib.Path(folder, "probe").touch()
        return True
    except OSError:
        return False

def fetched(url):
    try:
        return urllib.request.urlopen(url, timeout=5).read().decode()
    except OSError as error:
        return type(error).__name__

folders, url, output = json.loads(sys.argv[1])
pathlib.Path(output).parent.mkdir(exist_ok=True)
pathlib.Path(output).write_text(json.dumps({
    "uid": os.getuid(),
    "capabilities": int(status["CapEff"].strip(), 16) | int(status["CapBnd"].strip(), 16),
    "no_new_privileges": status["NoNewPrivs"].strip() == "1",
    "written": [folder for folder in folders if written(folder)],
    "interfaces": sorted(os.listdir("/sys/class/net")),
    "fetched": fetched(url) if url else "",
}))
"""

FAIL = "print('a word before the end', flush=True); raise SystemExit(3)"


def one_task(stage: str, *command: str) -> Any:
    """A pipeline of one task in the image of a stage."""

    @dsl.container_component
    def probe():
        return dsl.ContainerSpec(image=source_image(stage), command=["python", "-c"], args=list(command))

    @dsl.pipeline(name="probe")
    def pipeline():
        probe()

    return pipeline


def run(pipeline: Any, values: dict[str, Any], root: Path) -> list[kfp_internals.TaskRun]:
    """Run a pipeline as `pipeline.py run --runner container` does."""
    with kfp_internals.recorded() as runs, locked_in(pipeline, values, root) as mounts:
        local.init(local.DockerRunner(mounts=mounts), pipeline_root=str(root), raise_on_error=False)
        pipeline()
    return runs


def look(stage: str, values: dict[str, Any], root: Path, *, folders: list[Path], url: str = "") -> dict[str, Any]:
    """What a stage's container can do, with these values of the pipeline's parameters.

    Args:
        stage: whose image and rights.
        values: of the parameters `data`, `workspace`, `registry` and `weights`.
        root: of the runs.
        folders: to try to write to.
        url: to try to fetch.
    """
    output = root / "probed" / f"{stage}.json"
    asked = json.dumps([[str(folder) for folder in folders], url, str(output)])
    (done,) = run(one_task(stage, LOOK, asked), values, root)
    assert done.succeeded
    return json.loads(output.read_text())
