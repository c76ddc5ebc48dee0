import pytest

from components.cad.admission import RateLimit
from components.cad.problems import ProblemError


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_client_has_a_minutes_worth_at_once_and_then_as_much_as_refills() -> None:
    clock = Clock()
    rate = RateLimit(6, clock)
    for _ in range(6):
        rate.take("one")

    with pytest.raises(ProblemError) as refused:
        rate.take("one")
    rate.take("another")
    clock.now = 10.0
    rate.take("one")

    assert (refused.value.code, refused.value.headers) == ("rate_limited", {"Retry-After": "10"})
    with pytest.raises(ProblemError):
        rate.take("one")


def test_a_rate_of_0_counts_nobody() -> None:
    rate = RateLimit(0)

    for _ in range(1000):
        rate.take("one")


def test_clients_are_forgotten_before_they_fill_the_memory() -> None:
    rate = RateLimit(1)

    for number in range(11_000):
        rate.take(str(number))

    assert len(rate._buckets) == 10_000
