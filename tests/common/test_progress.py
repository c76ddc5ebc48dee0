"""Progress of long work, on a terminal and in a log."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from components.common import progress
from components.common.progress import track


class Clock:
    """Each look at it takes 15 seconds."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        self.seconds += 15.0
        return self.seconds


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def log_file(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Standard error is a file, as in a pod."""
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    caplog.set_level(logging.INFO)


def test_the_items_pass_through_in_order() -> None:
    assert list(track(iter("abc"), "letters", total=3)) == ["a", "b", "c"]


def test_items_are_taken_one_at_a_time() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(3):
            taken.append(number)
            yield number

    next(track(items(), "numbers", total=3))
    assert taken == [0]


def test_without_a_terminal_the_end_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    list(track(range(3), "images", total=3))
    (line,) = caplog.messages
    assert line.startswith("images: 3 done in ")


def test_no_items_are_no_error(caplog: pytest.LogCaptureFixture) -> None:
    assert list(track([], "images", total=0)) == []
    assert caplog.messages == ["images: 0 done in 0.0 s"]


def test_long_work_logs_a_line_now_and_then(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "time", Clock())
    list(track(range(4), "images", total=4))
    assert [line for line in caplog.messages if " of " in line] == [
        "images: 2 of 4, 45 s left",
        "images: 4 of 4, 0 s left",
    ]


def test_on_a_terminal_there_is_a_bar_and_no_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert list(track(range(3), "images", total=3)) == [0, 1, 2]
    assert "images: 100%" in terminal.getvalue()
    assert caplog.messages == []
