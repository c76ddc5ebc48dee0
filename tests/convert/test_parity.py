"""The comparison of the two paths, and its gate."""

import numpy as np
import pytest

from components.common.errors import ConversionError
from components.convert.parity import Parity, check_gates, compare
from components.convert.samples import Batch
from components.convert.settings import Limits
from tests.convert.conftest import random_ensemble

ENSEMBLE = random_ensemble(["a", "b", "c"])
STRICT = Limits(1e-4, 1.0, 0.0)


def batch(images: int) -> Batch:
    return Batch({}, np.full((images, 12), images, np.float32), np.arange(images) % 2)


def reference(given: Batch) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(len(given.demographics))
    return {
        "probabilities": rng.dirichlet(np.ones(9), (len(given.demographics), 3)).astype(np.float32),
        "feature_distance": rng.gamma(4.0, 0.25, (len(given.demographics), 3)).astype(np.float32),
    }


def served(given: Batch) -> dict[str, np.ndarray]:
    expected = reference(given)
    return {
        "member_probabilities": expected["probabilities"],
        "probabilities": ENSEMBLE.predict(expected["probabilities"]).astype(np.float32),
        "out_of_distribution": ENSEMBLE.out_of_distribution(expected["feature_distance"]).astype(np.float32),
    }


def test_equal_answers_differ_by_rounding_alone() -> None:
    parity = compare([batch(4), batch(3)], ENSEMBLE, reference, {"same": served})["same"]
    assert parity.images == 7
    assert parity.member_max_abs_difference == 0
    assert parity.max_abs_difference < 1e-7
    assert parity.decisions_changed == 0
    assert parity.unchanged == 1
    assert parity.auc_loss == 0
    check_gates(parity, parity.gates(STRICT))


def test_the_largest_difference_and_every_changed_decision_are_found() -> None:
    def wrong(given: Batch) -> dict[str, np.ndarray]:
        answers = served(given)
        answers["member_probabilities"][-1, 1, 2] += 0.25
        answers["probabilities"] = np.roll(answers["probabilities"], 1, axis=1)
        return answers

    found = compare([batch(4), batch(3)], ENSEMBLE, reference, {"right": served, "wrong": wrong})
    assert found["right"].decisions_changed == 0
    assert found["wrong"].member_max_abs_difference == pytest.approx(0.25)
    assert found["wrong"].decisions_changed == 7
    assert found["wrong"].unchanged == 0
    assert found["wrong"].auc_loss != 0


def test_a_picture_that_is_unusual_by_one_of_the_two_alone_is_another_decision() -> None:
    def far(given: Batch) -> dict[str, np.ndarray]:
        return {**served(given), "out_of_distribution": np.full(len(given.labels), 100.0)}

    assert compare([batch(4)], ENSEMBLE, reference, {"far": far})["far"].decisions_changed == 4


def test_tensorflow_is_asked_once_for_each_batch_however_many_models_there_are() -> None:
    asked: list[int] = []

    def counted(given: Batch) -> dict[str, np.ndarray]:
        asked.append(len(given.labels))
        return reference(given)

    compare([batch(4), batch(3)], ENSEMBLE, counted, {"one": served, "two": served})
    assert asked == [4, 3]


def test_an_answer_that_is_no_number_fails_the_gates() -> None:
    def numberless(given: Batch) -> dict[str, np.ndarray]:
        return {**served(given), "probabilities": np.full((len(given.labels), 9), np.nan)}

    parity = compare([batch(2)], ENSEMBLE, reference, {"numberless": numberless})["numberless"]
    with pytest.raises(ConversionError, match="largest difference of a probability: inf"):
        check_gates(parity, parity.gates(Limits(1.0, 0.0, 1.0)))


@pytest.mark.parametrize("differences", [(2e-4, 0.0), (0.0, 2e-4)])
def test_the_gates_name_the_figures(differences: tuple[float, float]) -> None:
    parity = Parity(5, *differences, 1, 0.0)
    with pytest.raises(
        ConversionError, match="on 5 test images: .*: 0.0002, wanted at most 0.0001: failed.*1 decision"
    ):
        check_gates(parity, parity.gates(STRICT))


@pytest.mark.parametrize(
    ("parity", "failed"),
    [
        (Parity(10, 2e-4, 0.0, 0, 0.0), "largest difference of a probability"),
        (Parity(10, 0.0, 0.0, 1, 0.0), "share of unchanged decisions"),
        (Parity(10, 0.0, 0.0, 0, 0.01), "loss of macro AUC"),
    ],
)
def test_each_gate_fails_alone(parity: Parity, failed: str) -> None:
    assert [gate.name for gate in parity.gates(STRICT) if not gate.passed] == [failed]


def test_images_of_one_class_have_no_gate_on_auc() -> None:
    assert len(Parity(10, 0.0, 0.0, 0, float("nan")).gates(STRICT)) == 2
