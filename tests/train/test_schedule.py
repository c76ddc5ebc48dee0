"""The learning rate's formula."""

import math

import pytest

from components.train.schedule import cosine_with_warmup


def rate(step: int) -> float:
    return cosine_with_warmup(step, peak=0.1, steps_per_epoch=10, epochs=5)


def test_the_first_epoch_rises_linearly_to_the_peak() -> None:
    assert [rate(step) for step in (0, 4, 9)] == pytest.approx([0.01, 0.05, 0.1])


@pytest.mark.parametrize("step", [10, 20, 30, 49])
def test_then_it_falls_as_half_a_cosine(step: int) -> None:
    assert rate(step) == pytest.approx(0.1 * (1 + math.cos(math.pi * (step - 10) / 40)) / 2)


def test_it_ends_near_zero_and_stays_there() -> None:
    assert rate(49) < 0.001
    assert rate(50) == rate(60) == pytest.approx(0)


def test_a_single_epoch_is_warm_up_only() -> None:
    assert cosine_with_warmup(9, peak=0.1, steps_per_epoch=10, epochs=1) == pytest.approx(0.1)
