"""KFP's API tells which tasks failed; where it does not, the message does without."""

import json
from typing import Any

import pytest

from components.notify.ending import Failure
from components.notify.run_details import read_details
from tests.faults import Answer, FaultyServer

RUN = "1234"


def task(name: str, state: str, number: str, parent: str = "", error: str = "") -> dict[str, Any]:
    failed = {"error": {"code": 13, "message": error}} if error else {}
    return {"display_name": name, "state": state, "task_id": number, "parent_task_id": parent, **failed}


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
        task("root", "FAILED", "1"),
        task("skin-lesion", "FAILED", "2", parent="1"),
        task("ingest", "SUCCEEDED", "3", parent="2"),
        task("train EfficientNetB5-driver", "FAILED", "4", parent="2"),
        task("train EfficientNetB5", "FAILED", "5", parent="2", error="OOMKilled (exit code 137)"),
        task("evaluate", "SKIPPED", "6", parent="2"),
    )
    with served(answer) as server:
        details = read_details(server.url + "/", RUN)
    assert details
    assert details.failures == [Failure("train EfficientNetB5", "OOMKilled (exit code 137)")]
    assert details.began == 1_772_359_200.0


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
