"""How a run ended, from what KFP tells the exit task in its several ways."""

import json

import pytest

from components.notify.ending import CANCELED, ENDED, FAILED, SUCCEEDED, Details, Ending, Failure, Status, read_status

NOW = 1_000.0


def test_the_clusters_status_is_read() -> None:
    text = json.dumps(
        {"state": "FAILED", "pipelineTaskName": "exit-handler-1", "pipelineJobResourceName": "a", "error": {}}
    )
    assert read_status(text) == Status("FAILED", "exit-handler-1", "")


def test_a_local_runs_status_is_read() -> None:
    text = json.dumps({"state": "FAILED", "pipeline_task_name": "run", "error": {"code": 1, "message": "it failed"}})
    assert read_status(text) == Status("FAILED", "run", "it failed")


@pytest.mark.parametrize("text", ["", "{}", "no JSON", "[1]", '{"state": 3, "error": null}', '{"error": "text"}'])
def test_what_is_malformed_tells_nothing_and_breaks_nothing(text: str) -> None:
    assert read_status(text) == Status()


@pytest.mark.parametrize(
    ("state", "ending"),
    [
        ("SUCCEEDED", SUCCEEDED),
        ("COMPLETE", SUCCEEDED),
        ("failed", FAILED),
        ("CANCELED", CANCELED),
        ("RUNNING", ENDED),
        ("", ENDED),
    ],
)
def test_the_states_of_kfp_and_of_its_metadata_store_are_known(state: str, ending: str) -> None:
    assert Ending.of(Status(state), None, NOW).state == ending


def test_the_api_knows_which_tasks_failed_and_since_when_the_run_has_been_going() -> None:
    details = Details(began=400.0, failures=[Failure("train B5", "out of memory")])
    ending = Ending.of(Status("FAILED", "exit-handler-1"), details, NOW)
    assert ending == Ending(FAILED, [Failure("train B5", "out of memory")], 600.0)


def test_without_the_api_the_status_has_to_do() -> None:
    assert Ending.of(Status("FAILED", "run", "it failed"), None, NOW).failures == [Failure("run", "it failed")]


def test_a_status_that_does_not_say_why_names_nothing() -> None:
    assert Ending.of(Status("FAILED", "exit-handler-1"), None, NOW).failures == ()


@pytest.mark.parametrize(
    ("details", "state"),
    [
        (Details(state="SUCCEEDED"), SUCCEEDED),
        (Details(state="FAILED"), FAILED),
        (Details(failures=[Failure("train")]), FAILED),
        (Details(state="RUNNING"), ENDED),
        (Details(), ENDED),
    ],
)
def test_a_state_that_the_store_does_not_know_yet_is_taken_from_the_tasks(details: Details, state: str) -> None:
    assert Ending.of(Status("RUNNING"), details, NOW).state == state


def test_a_good_run_has_no_failures_whatever_was_tried_again() -> None:
    assert Ending.of(Status("SUCCEEDED"), Details(failures=[Failure("train")]), NOW).failures == ()
