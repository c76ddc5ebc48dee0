"""The comparison of the two paths, and its gate."""

import numpy as np
import pytest

from components.common.errors import ConversionError
from components.convert.parity import Parity, check_gate, compare
from components.convert.samples import Batch
from tests.convert.conftest import random_ensemble

ENSEMBLE = random_ensemble(["a", "b", "c"])


def batch(images: int) -> Batch:
    return Batch({}, np.full((images, 12), images, np.float32))


def of_members(given: Batch) -> np.ndarray:
    rng = np.random.default_rng(len(given.demographics))
    return rng.dirichlet(np.ones(9), (len(given.demographics), 3)).astype(np.float32)


def served(given: Batch) -> dict[str, np.ndarray]:
    probabilities = of_members(given)
    return {"member_probabilities": probabilities, "probabilities": ENSEMBLE.predict(probabilities).astype(np.float32)}


def test_equal_answers_differ_by_rounding_alone() -> None:
    parity = compare([batch(4), batch(3)], ENSEMBLE, of_members, served)
    assert parity.images == 7
    assert parity.member_max_abs_difference == 0
    assert parity.max_abs_difference < 1e-7
    assert parity.decisions_changed == 0
    check_gate(parity, 1e-6)


def test_the_largest_difference_and_every_changed_decision_are_found() -> None:
    def wrong(given: Batch) -> dict[str, np.ndarray]:
        answers = served(given)
        answers["member_probabilities"][-1, 1, 2] += 0.25
        answers["probabilities"] = np.roll(answers["probabilities"], 1, axis=1)
        return answers

    parity = compare([batch(4), batch(3)], ENSEMBLE, of_members, wrong)
    assert parity.member_max_abs_difference == pytest.approx(0.25)
    assert parity.decisions_changed == 7


def test_an_answer_that_is_no_number_fails_the_gate() -> None:
    parity = compare(
        [batch(2)], ENSEMBLE, of_members, lambda given: {**served(given), "probabilities": np.full((2, 9), np.nan)}
    )
    with pytest.raises(ConversionError, match="up to inf"):
        check_gate(parity, 1e-4)


@pytest.mark.parametrize("differences", [(2e-4, 0.0), (0.0, 2e-4)])
def test_the_gate_names_the_figures(differences: tuple[float, float]) -> None:
    with pytest.raises(ConversionError, match="on 5 test images by more than maximum_difference = 0.0001.*1 decisions"):
        check_gate(Parity(5, *differences, 1), 1e-4)
