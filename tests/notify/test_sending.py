"""A message reaches a real server, or what became of it is said; the address never is."""

import json
import logging
import time

import pytest

from components.notify.sending import Outcome, send
from tests.faults import Answer, Fault, FaultyServer, Request, always
from tests.notify.conftest import PATH, Webhook

IMPATIENT = (1.0, 0.2)


def sent(webhook: str, waits: tuple[float, ...] = (0.0, 0.0)) -> tuple[Outcome, list[float]]:
    slept: list[float] = []
    return send(webhook, "all is *well*", timeout=IMPATIENT, waits=waits, sleep=slept.append), slept


@pytest.fixture(autouse=True)
def no_secret_in_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG, "components")
    yield
    assert PATH not in caplog.text


def test_a_message_is_posted_as_json_that_slack_reads(webhook: Webhook) -> None:
    outcome, slept = sent(webhook.url)
    assert outcome.sent
    assert slept == []
    (request,) = webhook.server.requests
    assert (request.method, request.path) == ("POST", PATH)
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {"text": "all is *well*"}


def test_without_an_address_nothing_is_sent() -> None:
    outcome, _ = sent("")
    assert not outcome.sent
    assert "nothing was sent" in outcome.detail


@pytest.mark.parametrize("address", ["hooks.slack.com/services/x", "ftp://host/x", "https://", "file:///etc/passwd"])
def test_what_is_no_address_of_a_server_is_refused_without_being_shown(address: str) -> None:
    outcome, _ = sent(address)
    assert not outcome.sent
    assert "check the secret" in outcome.detail
    assert address not in outcome.detail


def test_a_busy_webhook_is_tried_again_with_longer_waits(webhook: Webhook) -> None:
    webhook.server.plan = lambda number, request: Fault.UNAVAILABLE if number < 2 else None
    outcome, slept = sent(webhook.url, waits=(1.0, 5.0))
    assert outcome.sent
    assert slept == [1.0, 5.0]
    assert len(webhook.texts) == 3


def test_a_webhook_that_stays_broken_is_given_up_after_three_tries(webhook: Webhook) -> None:
    webhook.answer = Answer(500, {}, b"oh dear")
    outcome, _ = sent(webhook.url)
    assert outcome == Outcome(False, "the webhook answers 500 (oh dear): the message was not sent")
    assert len(webhook.texts) == 3


def test_an_answer_that_another_try_cannot_change_is_given_up_at_once(webhook: Webhook) -> None:
    webhook.answer = Answer(404, {}, b"no_service")
    outcome, slept = sent(webhook.url)
    assert outcome == Outcome(False, "the webhook answers 404 (no_service): the message was not sent")
    assert slept == []
    assert len(webhook.texts) == 1


def test_a_redirection_is_not_followed(webhook: Webhook) -> None:
    webhook.answer = Answer(307, {"Location": webhook.server.url + "/elsewhere"}, b"")
    outcome, _ = sent(webhook.url)
    assert outcome.detail == "the webhook answers 307, a redirection, which is not followed: the message was not sent"
    assert [request.path for request in webhook.server.requests] == [PATH]


def test_an_answer_that_repeats_the_address_is_shown_without_it(webhook: Webhook) -> None:
    webhook.answer = Answer(403, {}, f"{webhook.url} is not allowed; nor is {PATH}".encode())
    outcome, _ = sent(webhook.url)
    assert outcome.detail == "the webhook answers 403 (*** is not allowed; nor is ***): the message was not sent"


def test_a_long_answer_is_not_read_to_its_end(webhook: Webhook) -> None:
    webhook.answer = Answer(400, {}, b"x" * 1_000_000)
    assert len(sent(webhook.url)[0].detail) < 300


def test_a_silent_webhook_does_not_hold_the_run() -> None:
    def respond(request: Request) -> Answer:
        time.sleep(0.6)
        return Answer(200, {}, b"ok")

    with FaultyServer(respond).running() as server:
        began = time.monotonic()
        outcome, _ = sent(server.url + PATH)
        assert time.monotonic() - began < 5
    assert outcome == Outcome(False, "the webhook is silent: the message was not sent")
    assert len(server.requests) == 3


def test_a_connection_that_breaks_is_tried_again(webhook: Webhook) -> None:
    webhook.server.plan = always(Fault.RESET)
    outcome, _ = sent(webhook.url)
    assert outcome.detail.startswith("the webhook ")
    assert PATH not in outcome.detail


def test_nobody_at_home_is_said_without_the_address() -> None:
    with FaultyServer(lambda request: Answer(200, {}, b"")).running() as server:
        url = server.url + PATH
    outcome, slept = sent(url, waits=(1.0, 2.0))
    assert outcome == Outcome(False, "the webhook cannot be reached: the message was not sent")
    assert slept == [1.0, 2.0]
