import pytest

from tests.faults import Answer, FaultyServer

PATH = "/services/T000/B000/secret-of-the-webhook"


class Webhook:
    """A real server; its answer can be changed at any time."""

    def __init__(self) -> None:
        self.answer = Answer(200, {}, b"ok")
        self.server = FaultyServer(lambda request: self.answer)

    @property
    def url(self) -> str:
        return self.server.url + PATH

    @property
    def texts(self) -> list[bytes]:
        return [request.body for request in self.server.requests]


@pytest.fixture
def webhook():
    webhook = Webhook()
    with webhook.server.running():
        yield webhook
