import math

import numpy as np
import pytest

from components.cad.records.psi import by_chance, psi, verdict


def test_it_is_the_formula_where_there_are_many_values() -> None:
    by_hand = (0.3 - 0.2) * math.log(0.3 / 0.2) + (0.7 - 0.8) * math.log(0.7 / 0.8)

    assert psi([200_000, 800_000], [300_000, 700_000]) == pytest.approx(by_hand, rel=1e-4)
    assert psi([300_000, 700_000], [200_000, 800_000]) == pytest.approx(by_hand, rel=1e-4)


def test_the_same_shares_have_not_moved() -> None:
    assert psi([100, 300, 600], [10, 30, 60]) == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(("expected", "observed"), [([50, 50, 0], [40, 40, 20]), ([50, 40, 10], [60, 40, 0])])
def test_an_empty_bin_counts_and_is_not_infinite(expected: list[int], observed: list[int]) -> None:
    assert 0.1 < psi(expected, observed) < 2


def test_a_bin_that_is_empty_in_both_changes_nothing() -> None:
    assert psi([10, 0, 20], [5, 0, 3]) == psi([10, 20], [5, 3])
    assert by_chance([10, 0, 20], [5, 0, 3]) == by_chance([10, 20], [5, 3])


def test_one_record_is_no_drift() -> None:
    expected = [1000, 1000, 1000, 1000, 10]
    index = psi(expected, [0, 0, 0, 1, 0])

    assert verdict(index, by_chance(expected, [0, 0, 0, 1, 0])) == "within chance"


def test_where_nothing_has_changed_one_index_in_twenty_lies_above_chance() -> None:
    random = np.random.default_rng(0)
    shares = [0.1, 0.2, 0.3, 0.25, 0.15]
    above = [
        psi(before, now) > by_chance(before, now)
        for before, now in zip(
            random.multinomial(1000, shares, 1000), random.multinomial(400, shares, 1000), strict=True
        )
    ]

    assert 0.03 < np.mean(above) < 0.07


def test_one_bin_alone_cannot_move() -> None:
    assert psi([10, 0], [3, 0]) == by_chance([10, 0], [3, 0]) == 0


@pytest.mark.parametrize(
    ("index", "chance", "said"),
    [(0.05, 0.01, "stable"), (0.2, 0.3, "within chance"), (0.2, 0.1, "moderate"), (0.25, 0.1, "major")],
)
def test_an_index_is_judged_by_its_size_and_by_chance(index: float, chance: float, said: str) -> None:
    assert verdict(index, chance) == said
