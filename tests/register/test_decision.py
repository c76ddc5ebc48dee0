import dataclasses
import math
from collections.abc import Callable

import pandas as pd
import pytest

from components.common.scores import macro_auc
from components.register.candidate import PROBABILITIES, Candidate
from components.register.decision import CHALLENGER, CHAMPION, Champion, decide
from tests.register.conftest import IMAGES, predictions

Make = Callable[..., Candidate]


def auc(table: pd.DataFrame) -> float:
    return macro_auc(table["label"].to_numpy(), table[PROBABILITIES].to_numpy())


def test_the_first_that_passes_the_gate_is_champion(candidate: Make) -> None:
    decision = decide(candidate(1.0, macro_auc=0.9), None, 0.8)

    assert decision.alias == CHAMPION
    assert decision.reason == "there was no champion, and its test_macro_auc of 0.9000 reaches the minimum of 0.8000"


@pytest.mark.parametrize("reached", [0.79, math.nan])
def test_what_fails_the_gate_is_challenger_even_as_the_first(candidate: Make, reached: float) -> None:
    decision = decide(candidate(1.0, macro_auc=reached), None, 0.8)

    assert decision.alias == CHALLENGER
    assert "does not reach the minimum of 0.8000" in decision.reason


def test_the_better_on_the_same_images_is_champion(candidate: Make) -> None:
    better = candidate(1.0)

    decision = decide(better, Champion("3", predictions(0.3)), 0.5)

    ours, theirs = auc(better.predictions), auc(predictions(0.3))
    assert decision.alias == CHAMPION
    assert decision.reason == (
        f"its macro AUC of {ours:.4f} beats the {theirs:.4f} of the champion, version 3, on the same 90 test images"
    )


def test_the_worse_is_challenger(candidate: Make) -> None:
    decision = decide(candidate(0.3), Champion("3", predictions(1.0)), 0.5)

    assert decision.alias == CHALLENGER
    assert "does not beat" in decision.reason


def test_a_tie_keeps_the_champion(candidate: Make) -> None:
    assert decide(candidate(0.5), Champion("3", predictions(0.5)), 0.5).alias == CHALLENGER


def test_different_test_images_are_compared_where_enough_are_shared(candidate: Make) -> None:
    decision = decide(candidate(1.0), Champion("3", predictions(0.3, first=IMAGES // 2)), 0.5)

    assert decision.alias == CHAMPION
    assert "on the 45 test images they share, of 90 here and 90 there" in decision.reason


def test_too_few_shared_images_keep_the_champion(candidate: Make) -> None:
    decision = decide(candidate(1.0), Champion("3", predictions(0.3, first=IMAGES // 2 + 1)), 0.5)

    assert decision.alias == CHALLENGER
    assert decision.reason == (
        "it cannot be compared with the champion, version 3: they share 44 test images, of 90 here and 90 there, "
        "and 50% of each is the least"
    )


def test_an_image_that_was_given_another_label_is_not_shared(candidate: Make) -> None:
    relabeled = predictions(0.3)
    relabeled["label"] = (relabeled["label"] + 1) % len(PROBABILITIES)

    assert "they share 0 test images" in decide(candidate(1.0), Champion("3", relabeled), 0.5).reason


def test_images_of_one_class_compare_nothing(candidate: Make) -> None:
    model = candidate(1.0)
    nevi = model.predictions[model.predictions["label"] == 1]

    decision = decide(dataclasses.replace(model, predictions=nevi), Champion("3", nevi), 0.5)

    assert decision.alias == CHALLENGER
    assert "the 10 test images they share are all of one class" in decision.reason


@pytest.mark.parametrize(
    ("theirs", "why"),
    [
        (None, "registered without its test predictions"),
        (predictions(0.3).drop(columns="p_UNK"), "tells other classes apart"),
    ],
)
def test_a_champion_that_cannot_be_compared_stays(candidate: Make, theirs: pd.DataFrame | None, why: str) -> None:
    decision = decide(candidate(1.0), Champion("3", theirs), 0.5)

    assert decision.alias == CHALLENGER
    assert why in decision.reason
