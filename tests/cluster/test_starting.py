"""A run is started once, of a version that is uploaded once, whatever the network does."""

from datetime import UTC, datetime

import pytest

from components.cluster.connection import Access, Cluster, connect
from components.cluster.starting import Order, run_name, start
from components.cluster.uploading import uploaded
from components.common.errors import ClusterError
from tests.cluster.conftest import DATA, package
from tests.cluster.kfp_checks import check_package
from tests.cluster.kfp_server import Fault, KfpServer, once

# Every request that makes something, and what may happen to it: nothing done, or done and the answer lost.
MAKING = ["POST pipelines$", "POST pipelines/upload_version", "POST experiments", "POST runs"]
RESET, LOST_ANSWER = Fault(), Fault(done=True)
BUSY, BUSY_BUT_DONE = Fault(429, headers={"Retry-After": "0"}), Fault(504, done=True)


def order(name: str = "sample-1", **changes: object) -> Order:
    usual = {"experiment": "lesions", "parameters": {"data": DATA}, "service_account": "runner", "pipeline_root": ""}
    return Order(name=name, **{**usual, **changes})


def counts(server: KfpServer) -> list[int]:
    state = server.state
    return [len(kept) for kept in (state.pipelines, state.versions, state.experiments, state.runs)]


def test_all_that_a_run_needs_is_made(server: KfpServer, cluster: Cluster) -> None:
    run = start(cluster, package(), order(parameters={"data": DATA, "epochs": 3}, pipeline_root="gs://bucket/runs"))
    assert counts(server) == [1, 1, 1, 1]
    (body,) = server.bodies("POST runs")
    assert body["display_name"] == "sample-1"
    assert body["service_account"] == "runner"
    assert body["runtime_config"] == {"parameters": {"data": DATA, "epochs": 3}, "pipeline_root": "gs://bucket/runs"}
    version = server.state.versions[0]
    assert body["pipeline_version_reference"]["pipeline_version_id"] == version["pipeline_version_id"]
    assert version["display_name"] == package().version
    assert run.run_id == server.state.runs[0]["run_id"]


def test_what_is_uploaded_is_the_package(server: KfpServer, cluster: Cluster) -> None:
    uploaded(cluster, package("paper"))
    (sent,) = server.bodies("upload_version")
    spec, platform = package("paper").documents
    assert check_package(sent) == {"pipeline_spec": spec, "platform_spec": platform}


def test_the_same_content_is_uploaded_once_among_many_versions(server: KfpServer, cluster: Cluster) -> None:
    first = uploaded(cluster, package())
    for number in range(5):
        server.state.upload_version({"pipelineid": first.pipeline_id, "name": f"v{number}"}, package().text.encode())
    for name in ("sample-1", "sample-2"):
        start(cluster, package(), order(name))
    assert uploaded(cluster, package()) == first
    assert counts(server) == [1, 6, 1, 2]


@pytest.mark.parametrize("request_", MAKING)
@pytest.mark.parametrize("fault", [RESET, LOST_ANSWER, BUSY, BUSY_BUT_DONE], ids=["reset", "lost", "429", "504 done"])
def test_no_fault_makes_anything_twice(server: KfpServer, cluster: Cluster, request_: str, fault: Fault) -> None:
    server.plan = once(request_, fault, fault)
    start(cluster, package(), order())
    assert counts(server) == [1, 1, 1, 1]


def test_what_another_has_just_made_is_taken(server: KfpServer, cluster: Cluster) -> None:
    server.plan = once("POST (pipelines|experiments)", *[Fault(409, done=True)] * 3)
    start(cluster, package(), order())
    assert counts(server) == [1, 1, 1, 1]


def test_names_and_namespaces_go_together() -> None:
    with KfpServer(multi_user=True).running() as server:
        start(connect(Access(server.url, namespace="skin-lesion")), package(), order())
        assert server.state.pipelines[0]["namespace"] == server.state.experiments[0]["namespace"] == "skin-lesion"


def test_capitals_make_another_name(server: KfpServer, cluster: Cluster) -> None:
    server.state.create_experiment({"display_name": "Lesions"})
    start(cluster, package(), order())
    assert server.state.runs[0]["experiment_id"] == server.state.experiments[1]["experiment_id"]


def test_a_parameter_that_the_server_refuses_starts_nothing(server: KfpServer, cluster: Cluster) -> None:
    with pytest.raises(
        ClusterError, match=r"did not start the run sample-1: 400 pipeline has no parameters \['epoch'\]"
    ):
        start(cluster, package(), order(parameters={"data": DATA, "epoch": 3}))
    assert not server.state.runs
    assert len(server.bodies("POST runs")) == 1


def test_an_archived_experiment_is_not_used(server: KfpServer, cluster: Cluster) -> None:
    start(cluster, package(), order())
    server.state.experiments[0]["storage_state"] = "ARCHIVED"
    with pytest.raises(ClusterError, match="the experiment lesions is archived"):
        start(cluster, package(), order("sample-2"))


def test_a_name_says_preset_time_and_content_and_is_unlike_any_other() -> None:
    now = datetime(2026, 1, 5, 3, 4, 5, tzinfo=UTC)
    first, second = run_name(package(), now), run_name(package(), now)
    assert first.startswith(f"sample-20260105-030405-{package().digest[:8]}-")
    assert first != second
