"""The commands as a person types them: what they write, and their exit codes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from components.cluster.package import tasks
from components.local.images import REPOSITORY
from tests.cluster.conftest import DATA, Said
from tests.cluster.kfp_server import Fault, KfpServer, once
from tests.cluster.test_figures import write
from tests.cluster.test_following import step

Told = Callable[..., Said]

SUBMIT = ["submit", "--preset", "sample", "--tag", "1", "--revision", "abc", "--data", DATA]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    written = tmp_path / "schedule.yaml"
    schedule = {"name": "weekly", "preset": "sample", "cron": "0 0 3 * * 0", "parameters": {"data": DATA}}
    written.write_text(yaml.safe_dump(schedule))
    return written


def test_submit_starts_a_run_and_says_where_it_is(server: KfpServer, told: Told) -> None:
    said = told(*SUBMIT, "--set", "epochs=3", "--experiment", "lesions")
    (run,) = server.state.runs
    name, page = said.out.splitlines()
    assert name.startswith(run["display_name"] + ", pipeline version sample-")
    assert page == f"{server.url}/#/runs/details/{run['run_id']}"
    assert run["runtime_config"]["parameters"] == {"data": DATA, "epochs": 3}
    assert run["service_account"] == "pipeline-runner"
    assert server.state.experiments[0]["display_name"] == "lesions"
    assert said.code == 0


def test_submit_without_cache_is_a_version_of_its_own(server: KfpServer, told: Told) -> None:
    told(*SUBMIT)
    assert told(*SUBMIT, "--no-cache").code == 0
    cached, uncached = (tasks(one["pipeline_spec"]["pipeline_spec"]) for one in server.state.versions)
    assert cached["ingest"]["cachingOptions"] == {"enableCache": True}
    assert all(task["cachingOptions"] == {} for task in uncached.values())


def test_another_pool_is_another_value_of_the_same_version(server: KfpServer, told: Told) -> None:
    order = ["submit", "--preset", "paper", "--tag", "1", "--revision", "abc", "--data", DATA]
    told(*order)
    assert told(*order, "--pool", "efficientnet-b7=a100:2").code == 0
    assert len(server.state.versions) == 1
    usual, other = (run["runtime_config"]["parameters"] for run in server.state.runs)
    assert other["member_3_gpus"] == "2"
    assert "nvidia-tesla-a100" in json.dumps(other["member_3_nodes"])
    assert "member_3_gpus" not in usual


def test_a_batch_that_the_gpus_cannot_share_is_refused_before_the_data_is_read(server: KfpServer, told: Told) -> None:
    order = ["submit", "--preset", "paper", "--data", DATA, "--pool", "efficientnet-b4=a100:4", "--set"]
    assert "4 GPUs cannot share efficientnet-b4's batch of 6 evenly" in told(*order, "batch_size=6").error
    assert not server.requests
    assert told(*order, "batch_size=12").code == 0


def test_what_a_pool_says_is_not_set_beside_it(server: KfpServer, told: Told) -> None:
    refused = told("submit", "--preset", "paper", "--data", DATA, "--set", "member_3_gpus=2", "--pool", "l4-spot")
    assert "error: member_3_gpus is set, and a pool says it too: leave one of them out" in refused.error


def test_a_file_of_pools_alone_says_where_trainings_run(server: KfpServer, told: Told) -> None:
    file = str(REPOSITORY / "manifests" / "overlays" / "onprem" / "pools.yaml")
    order = ["submit", "--preset", "paper", "--tag", "1", "--revision", "abc", "--data", "/workspace/data"]
    assert told(*order, "--pools", file).code == 0
    parameters = server.state.runs[0]["runtime_config"]["parameters"]
    assert "nvidia.com/gpu.product" in json.dumps(parameters["member_2_nodes"])


def test_submit_waits_and_tells_the_figures(server: KfpServer, told: Told, tmp_path: Path) -> None:
    def ended(run: dict) -> None:
        step("SUCCEEDED", ingest="SUCCEEDED")(run)
        write(tmp_path, run["run_id"], "evaluate/metrics", {"test_macro_auc": 0.9})

    server.state.progress = [step("RUNNING", ingest="RUNNING"), ended]
    said = told(*SUBMIT, "--wait", "--pipeline-root", str(tmp_path))
    assert "SUCCEEDED" in said.out
    assert "test_macro_auc" in said.out
    assert said.code == 0


def test_the_exit_code_is_the_runs_result(server: KfpServer, told: Told) -> None:
    server.state.progress = [step("FAILED", ingest="FAILED")]
    said = told(*SUBMIT, "--wait")
    assert "error: the run sample-" in said.error
    assert "ended FAILED: failed: ingest" in said.error
    assert said.code == 1


def test_a_wait_that_was_cut_off_is_taken_up_again(
    server: KfpServer, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.state.progress = [step("RUNNING", ingest="RUNNING")]
    with monkeypatch.context() as patch:
        patch.setattr("components.cluster.following.time.sleep", _interrupt)
        said = told(*SUBMIT, "--wait")
    run_id = server.state.runs[0]["run_id"]
    assert said.code == 130
    assert f"pipeline.py runs {run_id} --wait" in said.out
    server.state.progress = [step("RUNNING"), step("RUNNING"), step("FAILED", ingest="FAILED")]
    assert told("runs", run_id, "--wait").code == 1


def _interrupt(seconds: float) -> None:
    raise KeyboardInterrupt


def test_a_wrong_argument_is_refused_before_the_server_is_asked(server: KfpServer, told: Told) -> None:
    said = told(*SUBMIT, "--set", "epoch=3")
    assert "where name is one of api, batch_size" in said.error
    assert said.code == 1
    assert not server.requests


def test_a_refusal_is_one_line(server: KfpServer, told: Told) -> None:
    server.token = "secret"
    said = told(*SUBMIT)
    assert len(said.error.splitlines()) == 1
    assert "401" in said.error
    assert said.code == 1


def test_schedule_creates_then_does_nothing_then_deletes(server: KfpServer, told: Told, file: Path) -> None:
    fixed = ["--tag", "1", "--revision", "abc"]
    first = told("schedule", str(file), *fixed)
    assert first.out.endswith("weekly: create the new one, disabled\nweekly: enable it\n")
    assert told("schedule", str(file), *fixed).out == "weekly: nothing to do\n"
    assert "weekly: delete " in told("schedule", str(file), "--delete", *fixed).out
    assert server.state.recurring == []


def test_a_scheduled_run_reads_the_data_again(server: KfpServer, told: Told, file: Path) -> None:
    told("schedule", str(file))
    sent = tasks(server.state.versions[0]["pipeline_spec"]["pipeline_spec"])
    assert sent["ingest"]["cachingOptions"] == {}
    assert sent["preprocess"]["cachingOptions"] == {"enableCache": True}


def test_a_schedule_says_where_trainings_run(server: KfpServer, told: Told, file: Path) -> None:
    file.write_text(f"{file.read_text()}\npool: [l4-spot]\n".replace("preset: sample", "preset: paper"))
    assert told("schedule", str(file)).code == 0
    (recurring,) = server.state.recurring
    assert "gke-spot" in json.dumps(recurring["runtime_config"]["parameters"]["member_1_tolerations"])


def test_a_schedule_with_a_wrong_pool_names_the_file(server: KfpServer, told: Told, file: Path) -> None:
    file.write_text(f"{file.read_text()}\npool: [rack]\n".replace("preset: sample", "preset: paper"))
    assert f"error: {file}: --pool rack: no pool 'rack'" in told("schedule", str(file)).error
    assert not server.requests


def test_a_schedule_is_deleted_whatever_else_its_file_says(server: KfpServer, told: Told, file: Path) -> None:
    told("schedule", str(file))
    file.write_text(f"{file.read_text()}\npool: [rack]\n".replace(f"data: {DATA}", "epochs: many"))
    assert "weekly: delete " in told("schedule", str(file), "--delete").out
    file.write_text(f"{file.read_text()}\nstate: absent\n")
    assert told("schedule", str(file)).out == "weekly: nothing to do\n"
    assert server.state.recurring == []


def test_a_dry_run_changes_nothing(server: KfpServer, told: Told, file: Path) -> None:
    said = told("schedule", str(file), "--dry-run")
    assert "+cron: 0 0 3 * * 0\n" in said.out
    assert not server.bodies("POST")


def test_a_schedule_with_a_wrong_parameter_names_file_and_field(server: KfpServer, told: Told, file: Path) -> None:
    file.write_text(file.read_text().replace(f"data: {DATA}", f"data: {DATA}\n  epochs: many"))
    said = told("schedule", str(file))
    assert f"error: {file}: parameters.epochs: must be a whole number, not 'many'" in said.error
    assert not server.requests


def test_runs_are_listed_and_told_about(server: KfpServer, told: Told) -> None:
    for _ in range(3):
        told(*SUBMIT)
    listed = told("runs", "--count", "2").out.splitlines()
    assert listed[0].split() == ["run", "state", "age", "duration", "id"]
    assert len(listed) == 3
    run = server.state.runs[0]
    said = told("runs", run["display_name"])
    assert f"parameter data   {DATA}" in said.out
    assert said.out.endswith(f"{server.url}/#/runs/details/{run['run_id']}\n")


def test_metrics_compares_runs(server: KfpServer, told: Told, tmp_path: Path) -> None:
    for auc in (0.8, 0.9):
        told(*SUBMIT, "--pipeline-root", str(tmp_path))
        write(tmp_path, server.state.runs[-1]["run_id"], "evaluate/metrics", {"test_macro_auc": auc})
    names = [run["display_name"] for run in server.state.runs]
    assert told("metrics", *names, "--output", "csv").out.splitlines()[2] == "test_macro_auc,0.8,0.9"
    assert [run["run"] for run in json.loads(told("metrics", *names, "--output", "json").out)] == names


def test_a_lost_answer_does_not_start_a_second_run(server: KfpServer, told: Told) -> None:
    server.plan = once("POST runs", Fault(done=True))
    said = told(*SUBMIT)
    assert len(server.state.runs) == 1
    assert server.state.runs[0]["run_id"] in said.out
