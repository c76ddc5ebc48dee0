"""Timing in turn."""

import time

from components.convert.latency import median_milliseconds


def test_the_median_of_each_contender_is_given() -> None:
    found = median_milliseconds({"slow": lambda: time.sleep(0.02), "fast": lambda: None}, rounds=3)
    assert found["slow"] >= 20
    assert found["fast"] < found["slow"]


def test_contenders_take_turns_and_warm_up_before_each_timing() -> None:
    calls: list[str] = []
    median_milliseconds({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2)
    assert "".join(calls) == "aabbaabb"
