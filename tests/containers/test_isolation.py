"""What a stage's container can do: tried from inside it."""

import http.server
import os
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from components.common.errors import EngineError
from components.local.engine import Engine
from tests.containers.probes import FAIL, look, one_task, run

pytestmark = [pytest.mark.containers, pytest.mark.timeout(3600), pytest.mark.usefixtures("images")]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of runs that any user may pass to; pytest's own are closed to others."""
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture
def values(root: Path) -> dict[str, Any]:
    """Of a run that needs nothing but this machine's disk."""
    data = root.parent / "data"
    data.mkdir()
    return {"data": str(data), "workspace": str(root / "work"), "registry": str(root / "registry"), "weights": ""}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server on this machine."""
    (tmp_path / "page").write_text("served")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/page"
        running.shutdown()


def test_a_stage_may_write_its_outputs_and_little_else(engine: Engine, root: Path, values: dict[str, Any]) -> None:
    data, work, registry = (Path(values[name]) for name in ("data", "workspace", "registry"))
    folders = [root, work, registry, Path("/tmp"), data, Path("/app"), Path("/venv"), Path("/etc"), Path("/usr")]
    seen = look("ingest", values, root, folders=folders)
    assert seen["written"] == [str(folder) for folder in folders[:4]]
    assert (seen["capabilities"], seen["no_new_privileges"]) == (0, True)
    assert seen["uid"] == (os.geteuid() or 10001)
    assert {path.stat().st_uid for path in (root / "probe", work / "probe", registry / "probe")} == {seen["uid"]}


@pytest.mark.parametrize("stage", ["ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register"])
def test_no_stage_has_a_network_where_all_is_on_this_machine(
    engine: Engine, root: Path, values: dict[str, Any], server: str, stage: str
) -> None:
    seen = look(stage, values, root, folders=[], url=server)
    assert (seen["interfaces"], seen["fetched"]) == (["lo"], "URLError")


def test_register_reaches_a_registry_on_this_machine(
    engine: Engine, root: Path, values: dict[str, Any], server: str
) -> None:
    seen = look("register", values | {"registry": server}, root, folders=[], url=server)
    assert seen["fetched"] == "served"


def test_ingest_has_a_network_where_its_data_is_elsewhere_and_evaluate_has_none(
    engine: Engine, root: Path, values: dict[str, Any], server: str
) -> None:
    values["data"] = "https://data.example.org/all.zip"
    # One of its own: this machine's servers are not in it.
    seen = look("ingest", values, root, folders=[], url=server)
    assert len(seen["interfaces"]) > 1
    assert seen["fetched"] == "URLError"
    assert look("evaluate", values, root, folders=[])["interfaces"] == ["lo"]


def test_a_container_that_fails_fails_its_task_and_its_last_words_are_shown(
    engine: Engine, root: Path, values: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    (done,) = run(one_task("ingest", FAIL), values, root)
    assert not done.succeeded
    assert "a word before the end" in capfd.readouterr().out


def test_no_container_is_left(engine: Engine, root: Path, values: dict[str, Any]) -> None:
    before = {container.id for container in engine.client.containers.list(all=True)}
    run(one_task("ingest", "pass"), values, root)
    run(one_task("ingest", FAIL), values, root)
    assert {container.id for container in engine.client.containers.list(all=True)} <= before


def test_an_image_that_is_not_there_is_named_before_anything_runs(
    engine: Engine, root: Path, values: dict[str, Any]
) -> None:
    pipeline = one_task("ingest", "pass")
    executor = pipeline.pipeline_spec.deployment_spec["executors"]["exec-probe"]["container"]
    executor["image"] = "localhost/skin-lesion/ingest:other"
    with pytest.raises(EngineError, match="lacks localhost/skin-lesion/ingest:other: run make images"):
        run(pipeline, values, root)
