"""Runs: found by id or name, listed, told about."""

from datetime import timedelta

import pytest

from components.cluster.connection import Cluster
from components.cluster.runs import details, find_run, latest_runs, overview
from components.cluster.starting import start
from components.common.errors import ClusterError
from tests.cluster.conftest import DATA, package
from tests.cluster.kfp_server import KfpServer
from tests.cluster.kfp_state import BEGINNING
from tests.cluster.test_starting import order

NOW = BEGINNING + timedelta(days=1, hours=2, seconds=30)


def test_a_run_is_found_by_its_name_or_its_id(server: KfpServer, cluster: Cluster) -> None:
    for name in ("sample-1", "sample-2", "sample-3"):
        start(cluster, package(), order(name))
    wanted = server.state.runs[1]["run_id"]
    assert find_run(cluster, "sample-2").run_id == find_run(cluster, wanted).run_id == wanted


def test_a_run_that_is_not_there_or_not_the_only_one_is_named(server: KfpServer, cluster: Cluster) -> None:
    with pytest.raises(ClusterError, match="there is no run 'sample-1': `pipeline.py runs` lists them"):
        find_run(cluster, "sample-1")
    first = start(cluster, package(), order())
    server.state.runs.append({**server.state.runs[0], "run_id": "another"})
    with pytest.raises(ClusterError, match=f"several runs are named 'sample-1': give an id, {first.run_id}, another"):
        find_run(cluster, "sample-1")


def test_the_youngest_runs_come_first_over_all_pages(server: KfpServer, cluster: Cluster) -> None:
    for number in range(5):
        start(cluster, package(), order(f"sample-{number}"))
    assert [run.display_name for run in latest_runs(cluster, 3)] == ["sample-4", "sample-3", "sample-2"]


def test_a_list_says_state_age_and_duration(server: KfpServer, cluster: Cluster) -> None:
    start(cluster, package(), order("going on"))
    start(cluster, package(), order("done"))
    server.state.runs[1] |= {"state": "SUCCEEDED", "finished_at": "2026-01-05T04:30:00Z"}
    header, done, going = overview(latest_runs(cluster, 5), NOW)
    assert header == ("run", "state", "age", "duration", "id")
    assert done[:4] == ("done", "SUCCEEDED", "1d 2h", "1h 29m")
    assert going[:4] == ("going on", "PENDING", "1d 2h", "1d 2h")


def test_one_run_is_told_with_its_parameters_and_tasks(server: KfpServer, cluster: Cluster) -> None:
    run = start(cluster, package(), order(parameters={"data": DATA, "epochs": 3}))
    tasks = [
        {"display_name": "skin-lesion-x8k2p", "state": "FAILED"},
        {"display_name": "root-driver", "state": "SUCCEEDED"},
        {"display_name": "exit-handler-1", "state": "FAILED"},
        {"display_name": "skin-lesion", "state": "FAILED"},
        {"display_name": "ingest", "state": "SUCCEEDED"},
        {"display_name": "ingest-driver", "state": "SUCCEEDED"},
        {"display_name": "executor", "state": "RUNNING"},
        {"display_name": "preprocess", "state": "FAILED", "error": {"message": "out of memory"}},
        {"display_name": "evaluate-driver", "state": "FAILED"},
        {"display_name": "evaluate", "state": "SKIPPED"},
    ]
    server.state.runs[0] |= {"state": "FAILED", "run_details": {"task_details": tasks}}
    told = details(find_run(cluster, run.run_id), NOW)
    assert ("parameter epochs", "3") in told
    assert ("service account", "runner") in told
    assert told[-3:] == [
        ("task ingest", "SUCCEEDED"),
        ("task preprocess", "FAILED: out of memory"),
        ("task evaluate", "FAILED"),
    ]
