"""Nothing is made twice, whatever becomes of the requests and their answers."""

import pytest
from kfp_server_api.exceptions import ApiException
from urllib3.exceptions import ProtocolError

from components.cluster.attempts import made_once, repeated
from components.common import retries


class Shelf:
    """Makes a thing; each request meets the next fault: what happens to it, and whether it was carried out."""

    def __init__(self, *faults: tuple[Exception, bool]) -> None:
        self.faults = list(faults)
        self.things: list[str] = []

    def make(self) -> str:
        error, done = self.faults.pop(0) if self.faults else (None, True)
        if done:
            self.things.append("thing")
        if error:
            raise error
        return "thing"

    def find(self) -> str | None:
        return self.things[0] if self.things else None


RESET = ProtocolError("reset")


def refusal(status: int, **headers: str) -> ApiException:
    error = ApiException(status=status, reason="no")
    error.headers = headers
    return error


@pytest.mark.parametrize("fault", [RESET, refusal(503), refusal(504), refusal(429)])
@pytest.mark.parametrize("done", [False, True])
def test_a_lost_answer_does_not_make_a_second_one(fault: Exception, done: bool) -> None:
    shelf = Shelf((fault, done))
    assert made_once(shelf.make, shelf.find) == "thing"
    assert shelf.things == ["thing"]


def test_what_somebody_else_has_made_is_taken() -> None:
    shelf = Shelf((refusal(409), True))
    assert made_once(shelf.make, shelf.find) == "thing"


def test_what_is_refused_for_good_is_asked_once() -> None:
    shelf = Shelf((refusal(400), False), (refusal(400), False))
    with pytest.raises(ApiException):
        made_once(shelf.make, shelf.find)
    assert len(shelf.faults) == 1


def test_a_server_that_stays_down_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "DEADLINE_SECONDS", 0.2)
    shelf = Shelf(*[(RESET, False)] * 1000)
    with pytest.raises(type(RESET)):
        repeated(shelf.make)


def test_the_server_says_how_long_to_wait() -> None:
    shelf = Shelf((refusal(429, **{"Retry-After": "0"}), False))
    assert repeated(shelf.make) == "thing"
