"""Recurring runs become what a file says: once, never two at a time, and mended by the next call after any fault."""

from typing import Any

import pytest

from components.cluster.connection import Access, Cluster, connect
from components.cluster.reconciliation import carry_out, planned
from components.cluster.schedule_file import Schedule
from components.common.errors import ClusterError
from tests.cluster.conftest import DATA, changed_package, package
from tests.cluster.kfp_server import Fault, KfpServer, Request
from tests.cluster.kfp_state import Resource

CHANGES = "POST|DELETE"


def schedule(**changes: Any) -> Schedule:
    usual = {"name": "weekly", "preset": "sample", "cron": "0 0 3 * * 0", "parameters": {"data": DATA, "epochs": 3}}
    return Schedule.model_validate({**usual, **changes})


def reconcile(cluster: Cluster, wanted: Schedule, *, absent: bool = False, **options: Any) -> list[str]:
    held = None if absent else options.get("package", package())
    todo = planned(cluster, wanted, held)
    carry_out(cluster, wanted, held, todo)
    return todo.steps()


def of_name(server: KfpServer, name: str = "weekly") -> list[Resource]:
    return [one for one in server.state.recurring if one["display_name"] == name]


def changes(server: KfpServer) -> int:
    return len(server.bodies(CHANGES))


def test_a_schedule_is_created_as_the_file_says(server: KfpServer, cluster: Cluster) -> None:
    steps = reconcile(cluster, schedule(description="of lesions", pipeline_root="gs://bucket/runs", max_concurrency=2))
    assert steps == ["create the new one, disabled", "enable it"]
    (made,) = of_name(server)
    assert made["status"] == "ENABLED"
    assert made["trigger"] == {"cron_schedule": {"cron": "0 0 3 * * 0"}}
    assert made["runtime_config"] == {"parameters": {"data": DATA, "epochs": 3}, "pipeline_root": "gs://bucket/runs"}
    assert made["max_concurrency"] == "2"
    assert made["no_catchup"] is True
    assert made["service_account"] == "pipeline-runner"
    assert made["description"] == "of lesions"
    assert server.state.experiments[0]["display_name"] == "scheduled"


def test_a_second_call_does_nothing(server: KfpServer, cluster: Cluster) -> None:
    # The server keeps every number as a float, and may say so.
    reconcile(cluster, schedule())
    server.state.recurring[0]["runtime_config"]["parameters"]["epochs"] = 3.0
    before = changes(server)
    assert reconcile(cluster, schedule()) == []
    assert changes(server) == before
    assert planned(cluster, schedule(), package()).difference("weekly") == ""


@pytest.mark.parametrize(
    "differing",
    [
        {"cron": "0 0 4 * * 0"},
        {"parameters": {"data": DATA, "epochs": 4}},
        {"parameters": {"data": DATA}},
        {"service_account": "another"},
        {"experiment": "another"},
        {"pipeline_root": "gs://bucket/runs"},
        {"max_concurrency": 2},
        {"catch_up": True},
        {"description": "of lesions"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_differs_is_replaced(server: KfpServer, cluster: Cluster, differing: dict[str, Any]) -> None:
    reconcile(cluster, schedule())
    old = of_name(server)[0]["recurring_run_id"]
    steps = reconcile(cluster, schedule(**differing))
    assert steps == ["create the new one, disabled", f"disable {old}", "enable it", f"delete {old}"]
    (made,) = of_name(server)
    assert made["recurring_run_id"] != old
    assert made["status"] == "ENABLED"
    assert server.state.most_enabled == 1
    assert reconcile(cluster, schedule(**differing)) == []


def test_a_changed_pipeline_replaces_its_schedule(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule())
    reconcile(cluster, schedule(), package=changed_package())
    (made,) = of_name(server)
    version = cluster.client.get_pipeline_version(**made["pipeline_version_reference"])
    assert version.display_name == changed_package().version


def test_it_is_disabled_and_enabled_in_place(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule())
    assert reconcile(cluster, schedule(enabled=False)) == ["disable it"]
    assert of_name(server)[0]["status"] == "DISABLED"
    assert reconcile(cluster, schedule()) == ["enable it"]
    assert len(server.bodies("POST recurringruns$")) == 1


def test_it_can_be_made_disabled(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule(enabled=False))
    assert of_name(server)[0]["status"] == "DISABLED"
    assert reconcile(cluster, schedule(enabled=False)) == []


def test_it_is_deleted_with_all_of_its_name_and_no_other(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule(name="daily"))
    reconcile(cluster, schedule())
    for _ in range(3):
        server.state.create_recurring({**_body(of_name(server)[0]), "mode": "ENABLE"})
    assert len(reconcile(cluster, schedule(), absent=True)) == 8
    assert not of_name(server)
    assert len(of_name(server, "daily")) == 1
    assert reconcile(cluster, schedule(), absent=True) == []


def test_of_several_of_one_name_one_that_is_right_stays(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule())
    right = of_name(server)[0]
    body = _body(right)
    server.state.create_recurring({**body, "mode": "ENABLE"})
    server.state.create_recurring({**body, "mode": "ENABLE", "max_concurrency": 7})
    server.state.recurring.reverse()
    reconcile(cluster, schedule())
    assert of_name(server) == [right]


def test_runs_that_go_on_outlive_the_replacement(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule())
    old = of_name(server)[0]
    run = server.state.create_run(
        {key: old[key] for key in ("experiment_id", "pipeline_version_reference", "runtime_config")}
    )
    run |= {"recurring_run_id": old["recurring_run_id"], "state": "RUNNING", "display_name": "weekly-1"}
    todo = planned(cluster, schedule(max_concurrency=2), package())
    carry_out(cluster, schedule(max_concurrency=2), package(), todo)
    assert todo.left() == [f"{old['recurring_run_id']} is left, disabled, until its runs have ended: call again then"]
    assert old["status"] == "DISABLED"
    assert len(of_name(server)) == 2
    run["state"] = "SUCCEEDED"
    assert reconcile(cluster, schedule(max_concurrency=2)) == [f"delete {old['recurring_run_id']}"]
    assert server.state.ended_by_deletion == []


def test_a_schedule_whose_version_or_experiment_was_deleted_is_replaced(server: KfpServer, cluster: Cluster) -> None:
    reconcile(cluster, schedule())
    server.state.versions.clear()
    server.state.experiments.clear()
    shown = planned(cluster, schedule(), package()).difference("weekly")
    assert "-version: deleted (" in shown
    assert "-experiment: deleted (" in shown
    assert len(reconcile(cluster, schedule())) == 4
    assert reconcile(cluster, schedule()) == []


def test_a_dry_run_shows_the_difference_and_changes_nothing(server: KfpServer, cluster: Cluster) -> None:
    fresh = planned(cluster, schedule(), package()).difference("weekly")
    assert fresh.startswith("--- weekly (server)\n+++ weekly (file)\n")
    assert f"+version: {package().version}" in fresh
    assert changes(server) == 0
    reconcile(cluster, schedule())
    before = changes(server)
    shown = planned(cluster, schedule(cron="0 0 4 * * 0"), package()).difference("weekly")
    assert [line for line in shown.splitlines()[2:] if line[0] in "+-"] == ["-cron: 0 0 3 * * 0", "+cron: 0 0 4 * * 0"]
    assert changes(server) == before


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("cut", range(6))
def test_wherever_a_call_is_cut_off_the_next_one_mends_it(
    server: KfpServer, cluster: Cluster, cut: int, done: bool
) -> None:
    reconcile(cluster, schedule())
    left = [cut]

    def plan(request: Request) -> Fault | None:
        if request.method == "GET":
            return None
        left[0] -= 1
        return Fault(400, done=done) if left[0] == -1 else Fault(400) if left[0] < -1 else None

    server.plan = plan
    wanted = schedule(cron="0 0 4 * * 0", experiment="another")
    with pytest.raises(ClusterError):
        reconcile(cluster, wanted, package=changed_package())
    server.plan = lambda request: None
    reconcile(cluster, wanted, package=changed_package())
    (made,) = of_name(server)
    assert made["status"] == "ENABLED"
    assert made["trigger"]["cron_schedule"]["cron"] == "0 0 4 * * 0"
    assert server.state.most_enabled == 1


@pytest.mark.parametrize("done", [False, True], ids=["not done", "done"])
@pytest.mark.parametrize("status", [0, 429, 503])
def test_faults_that_pass_leave_one(server: KfpServer, cluster: Cluster, status: int, done: bool) -> None:
    met: set[tuple[str, str]] = set()

    def plan(request: Request) -> Fault | None:
        first = (request.method, request.path) not in met
        met.add((request.method, request.path))
        return Fault(status, done=done, headers={"Retry-After": "0"}) if first else None

    server.plan = plan
    reconcile(cluster, schedule())
    reconcile(cluster, schedule(cron="0 0 4 * * 0"))
    assert [one["status"] for one in of_name(server)] == ["ENABLED"]
    assert server.state.most_enabled == 1


def test_a_server_for_several_users_is_asked_for_one_namespace() -> None:
    with KfpServer(multi_user=True).running() as server:
        reconcile(connect(Access(server.url)), schedule())
        assert len(of_name(server)) == 1


def _body(recurring: Resource) -> Resource:
    made = ("recurring_run_id", "created_at", "status")
    return {key: value for key, value in recurring.items() if key not in made}
