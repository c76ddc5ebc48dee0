"""KFP's API tells which tasks failed; where it does not, the message does without."""

import json
from typing import Any

import pytest

from components.notify.ending import Failure
from components.notify.run_details import read_details
from tests.faults import Answer, FaultyServer

RUN = "1234"


def task(name: str, state: str, error: str = "") -> dict[str, Any]:
    failed = {"error": {"code": 13, "message": error}} if error else {}
    return {"display_name": name, "state": state, "task_id": name, **failed}


def served(answer: Answer):
    def respond(request):
        assert request.path == f"/apis/v2beta1/runs/{RUN}"
        return answer

    return FaultyServer(respond).running()


def run(*tasks: dict[str, Any], **more: Any) -> Answer:
    body = {"run_id": RUN, "created_at": "2026-03-01T10:00:00Z", "run_details": {"task_details": tasks}, **more}
    return Answer(200, {}, json.dumps(body).encode())


def test_the_tasks_that_failed_themselves_are_named_once_and_their_groups_are_not() -> None:
    answer = run(
        task("skin-lesion-x8k2p", "FAILED"),
        task("root", "FAILED"),
        task("exit-handler-1", "FAILED"),
        task("exit-handler-1.onExit", "RUNNING"),
        task("skin-lesion", "FAILED"),
        task("ingest", "SUCCEEDED"),
        task("train-efficientnet-b4-driver", "FAILED"),
        task("train-efficientnet-b5", "FAILED", "OOMKilled (exit code 137)"),
        task("train-efficientnet-b5-driver", "SUCCEEDED"),
        task("executor", "FAILED"),
        task("executor(0)", "FAILED"),
        task("evaluate", "SKIPPED"),
    )
    with served(answer) as server:
        details = read_details(server.url + "/", RUN)
    assert details
    assert details.failures == [
        Failure("train-efficientnet-b4"),
        Failure("train-efficientnet-b5", "OOMKilled (exit code 137)"),
    ]
    assert details.began == 1_772_359_200.0
    assert details.state == "FAILED"


def test_a_run_without_details_says_what_it_can() -> None:
    with served(Answer(200, {}, b'{"error": {"message": "no such image"}}')) as server:
        details = read_details(server.url, RUN)
    assert details
    assert (details.began, details.failures, details.error) == (None, [], "no such image")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(401, {}, b"who are you?"),
        Answer(302, {"Location": "http://127.0.0.1:9/login"}, b""),
        Answer(200, {}, b"<html>log in</html>"),
        Answer(200, {}, b'{"created_at": "yesterday"}'),
    ],
)
def test_an_api_that_does_not_answer_as_it_should_is_done_without(
    answer: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    with served(answer) as server:
        assert read_details(server.url, RUN) is None
    assert "the message is sent without details" in caplog.text


def test_an_api_that_is_not_there_is_done_without() -> None:
    with served(run()) as server:
        url = server.url
    assert read_details(url, RUN) is None
