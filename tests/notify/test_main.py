"""The stage as the pipeline calls it: it ends well whatever the webhook does."""

import json
import logging
import sys

import pytest

from components.notify.__main__ import WEBHOOK, main
from tests.faults import Answer
from tests.notify.conftest import PATH, Webhook

FAILED = json.dumps({"state": "FAILED", "pipelineTaskName": "exit-handler-1", "error": {"message": "no images"}})


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO)

    def call(webhook: str | None) -> str:
        monkeypatch.delenv(WEBHOOK, raising=False)
        if webhook is not None:
            monkeypatch.setenv(WEBHOOK, webhook)
        options = {"--status": FAILED, "--pipeline": "paper", "--run-name": "nightly", "--run-id": "12", "--ui": ""}
        monkeypatch.setattr(sys, "argv", ["notify", *(word for pair in options.items() for word in pair), "--api", ""])
        main()
        return caplog.text

    return call


def test_the_message_is_sent_and_logged(run, webhook: Webhook) -> None:
    log = run(webhook.url + "\n")
    text = json.loads(webhook.texts[0])["text"]
    assert text == ":x: *nightly* (paper) failed\n• `exit-handler-1`: no images"
    assert "the webhook took the message" in log


@pytest.mark.parametrize("webhook", [None, ""])
def test_without_the_secret_it_says_that_nothing_was_sent(run, webhook: str | None) -> None:
    log = run(webhook)
    assert "*nightly* (paper) failed" in log
    assert "no webhook is set: nothing was sent" in log


def test_a_webhook_that_refuses_fails_nothing_and_its_address_is_not_logged(run, webhook: Webhook) -> None:
    webhook.answer = Answer(404, {}, b"no_service")
    log = run(webhook.url)
    assert "the webhook answers 404 (no_service)" in log
    assert PATH not in log
