"""Watching the steps of an epoch."""

import time
from collections.abc import Iterator

import pytest
import tensorflow as tf

from components.train import watch
from components.train.history import DivergedError
from components.train.watch import Watch


def slow_batches() -> Iterator[int]:
    for number in range(3):
        time.sleep(0.05)
        yield number


def test_waiting_for_batches_is_measured_and_work_is_not() -> None:
    one = Watch("a, final", 3, starting=False)
    for number in one.fetched(slow_batches()):
        time.sleep(0.1)
        one.step(number + 1, tf.zeros([2]))
    one.end(3, tf.zeros([2]))
    assert 0.15 <= one.seconds_waiting < 0.3
    assert one.seconds_stepping >= 0.45
    assert one.seconds_starting == 0


def test_the_first_step_of_a_training_is_start_up_and_counts_as_nothing_else() -> None:
    one = Watch("a, final", 3, starting=True)
    for number in one.fetched(slow_batches()):
        time.sleep(0.2 if number == 0 else 0.0)
        one.step(number + 1, tf.zeros([2]))
    one.end(3, tf.zeros([2]))
    assert one.seconds_starting >= 0.25
    assert 0.1 <= one.seconds_waiting <= one.seconds_stepping < 0.25


def test_a_loss_that_is_no_number_is_told_of_at_the_end_at_the_latest() -> None:
    one = Watch("a, final", 3, starting=False)
    one.step(1, tf.constant([float("nan"), 0.0]))
    with pytest.raises(DivergedError, match="a, final: the loss became nan by step 3; lower the learning rate"):
        one.end(3, tf.constant([float("nan"), 0.0]))


def test_a_line_a_while_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    one = Watch("a, final", 30, starting=False)
    one.step(1, tf.zeros([2]))
    assert not caplog.text
    monkeypatch.setattr(watch, "SECONDS_BETWEEN_LINES", 0.0)
    one.step(2, tf.zeros([2]))
    assert "a, final: step 2 of 30" in caplog.text
