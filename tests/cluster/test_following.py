"""A run is followed to its end, over outages and expired tokens."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from components.cluster.connection import Access, Cluster, connect
from components.cluster.following import check_success, follow
from components.cluster.starting import start
from components.common.errors import ClusterError
from tests.cluster.conftest import package
from tests.cluster.kfp_server import Fault, KfpServer, once
from tests.cluster.kfp_state import Resource
from tests.cluster.test_starting import order


def step(state: str, **tasks: str) -> Callable[[Resource], None]:
    details = {"task_details": [{"display_name": name, "state": one} for name, one in tasks.items()]}
    return lambda run: run.update(state=state, run_details=details)


@pytest.fixture
def run_id(cluster: Cluster) -> str:
    return str(start(cluster, package(), order()).run_id)


def test_each_change_is_told_once(
    server: KfpServer, cluster: Cluster, run_id: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "components.cluster")
    server.state.progress = [
        step("PENDING"),
        step("RUNNING", ingest="RUNNING"),
        step("RUNNING", ingest="RUNNING"),
        step("RUNNING", ingest="SUCCEEDED", preprocess="RUNNING"),
        step("SUCCEEDED", ingest="SUCCEEDED", preprocess="SUCCEEDED"),
    ]
    assert follow(lambda: cluster, run_id).state == "SUCCEEDED"
    assert caplog.messages == [
        "ingest: RUNNING",
        "ingest: SUCCEEDED",
        "preprocess: RUNNING",
        "preprocess: SUCCEEDED",
    ]


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "SKIPPED"])
def test_a_run_that_did_not_succeed_is_an_error_with_its_tasks(
    server: KfpServer, cluster: Cluster, run_id: str, state: str
) -> None:
    groups = dict.fromkeys(("skin-lesion-x8k2p", "root", "exit-handler-1", "skin-lesion", "executor(0)"), "FAILED")
    server.state.progress = [step(state, ingest="SUCCEEDED", preprocess="FAILED", **groups)]
    run = follow(lambda: cluster, run_id)
    with pytest.raises(ClusterError, match=f"the run sample-1 ended {state}: failed: preprocess; the log of each task"):
        check_success(run)


def test_an_outage_is_waited_out(server: KfpServer, cluster: Cluster, run_id: str) -> None:
    server.state.progress = [step("SUCCEEDED")]
    server.plan = once("GET runs/", *[Fault(503)] * 9, Fault())
    assert follow(lambda: cluster, run_id).state == "SUCCEEDED"


def test_a_session_that_expires_is_opened_again(server: KfpServer, run_id: str, tmp_path: Path) -> None:
    cookie = tmp_path / "cookie"
    cookie.write_text("session=2")
    server.state.progress = [step("RUNNING"), step("SUCCEEDED")]
    server.plan = once("GET runs/", Fault(401))
    assert follow(lambda: connect(Access(server.url, cookie_file=str(cookie))), run_id).state == "SUCCEEDED"
    assert len(server.bodies("GET healthz")) == 6  # two each for the connection, that of the fixture, and the second


def test_a_refusal_that_stays_is_an_error(server: KfpServer, cluster: Cluster, run_id: str) -> None:
    server.plan = lambda request: Fault(401) if request.path.startswith("runs/") else None
    with pytest.raises(ClusterError, match=f"did not show the run {run_id}: 401"):
        follow(lambda: cluster, run_id)
