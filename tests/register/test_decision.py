import dataclasses
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from components.common.gates import Gate
from components.register.candidate import Candidate
from components.register.comparison import PROBABILITIES, compare
from components.register.decision import CHALLENGER, CHAMPION, Champion, decide
from tests.register.conftest import IMAGES, RULES

Make = Callable[..., Candidate]
Predictions = Callable[..., pd.DataFrame]


@pytest.fixture
def predictions(candidate: Make) -> Predictions:
    """Test predictions as a champion was registered with."""
    return lambda skill, **options: candidate(skill, **options).predictions


def test_the_first_whose_gates_pass_is_champion(candidate: Make) -> None:
    decision = decide(candidate(1.0), None, RULES)

    assert decision.alias == CHAMPION
    assert decision.reason == (
        "there was no champion, and all its gates passed: macro AUC, test: 0.9, wanted at least 0.5: passed; "
        "melanoma sensitivity, test: 0.9, wanted at least 0.8: passed; "
        "mean corruption error: 0.1, wanted at most 0.2: passed"
    )


@pytest.mark.parametrize("champion", [False, True], ids=["as the first", "against a worse champion"])
def test_what_fails_a_gate_is_challenger(candidate: Make, predictions: Predictions, champion: bool) -> None:
    failed = Gate("melanoma sensitivity, test", 0.7, 0.8, at_least=True)
    model = candidate(1.0)
    model = dataclasses.replace(model, gates=[model.gates[0], failed])

    decision = decide(model, Champion("3", predictions(0.3)) if champion else None, RULES)

    assert decision.alias == CHALLENGER
    assert decision.reason == ("1 of its 2 gates failed: melanoma sensitivity, test: 0.7, wanted at least 0.8: failed")


def test_the_better_on_the_same_images_is_champion(candidate: Make, predictions: Predictions) -> None:
    better = candidate(1.0)

    decision = decide(better, Champion("3", predictions(0.3)), RULES)

    assert decision.alias == CHAMPION
    lead = compare(better.predictions, predictions(0.3), RULES)[0]
    assert decision.reason.startswith(f"it beats the champion, version 3, on the same 90 test images: {lead}; melanoma")


def test_the_worse_is_challenger(candidate: Make, predictions: Predictions) -> None:
    decision = decide(candidate(0.3), Champion("3", predictions(1.0)), RULES)

    assert decision.alias == CHALLENGER
    assert "it does not beat the champion" in decision.reason


def test_a_lead_that_may_be_chance_keeps_the_champion(candidate: Make) -> None:
    model, champion = candidate(0.3), candidate(0.3).predictions
    scores = champion[PROBABILITIES] + np.random.default_rng(3).normal(0, 0.03, (IMAGES, len(PROBABILITIES)))
    champion = champion.assign(**scores.clip(0, 1))

    decision = decide(model, Champion("3", champion), RULES)

    lead = compare(model.predictions, champion, RULES)[0]
    assert lead.ours > lead.theirs
    assert decision.alias == CHALLENGER
    assert decision.reason.count("failed") == 1
    assert f"{lead}; " in decision.reason


def test_better_where_it_counts_is_not_enough_where_it_loses_too_much_elsewhere(
    candidate: Make, predictions: Predictions
) -> None:
    called_all = predictions(0.3).assign(called_malignant=True)
    rules = dataclasses.replace(RULES, decisive_figure="malignant_sensitivity")

    decision = decide(
        dataclasses.replace(candidate(0.3), predictions=called_all), Champion("3", predictions(0.3)), rules
    )

    assert decision.alias == CHALLENGER
    assert decision.reason.count("failed") == 1
    assert "malignant specificity 0.000 against" in decision.reason


def test_a_tie_keeps_the_champion(candidate: Make, predictions: Predictions) -> None:
    assert decide(candidate(0.5), Champion("3", predictions(0.5)), RULES).alias == CHALLENGER


def test_different_test_images_are_compared_where_enough_are_shared(candidate: Make, predictions: Predictions) -> None:
    decision = decide(candidate(1.0), Champion("3", predictions(0.3, first=IMAGES // 2)), RULES)

    assert decision.alias == CHAMPION
    assert "on the 45 test images they share, of 90 here and 90 there" in decision.reason


def test_too_few_shared_images_keep_the_champion(candidate: Make, predictions: Predictions) -> None:
    decision = decide(candidate(1.0), Champion("3", predictions(0.3, first=IMAGES // 2 + 1)), RULES)

    assert decision.alias == CHALLENGER
    assert decision.reason == (
        "it cannot be compared with the champion, version 3: they share 44 test images, of 90 here and 90 there, "
        "and 50% of each is the least"
    )


def test_an_image_that_was_given_another_label_is_not_shared(candidate: Make, predictions: Predictions) -> None:
    relabeled = predictions(0.3)
    relabeled["label"] = (relabeled["label"] + 1) % len(PROBABILITIES)

    assert "they share 0 test images" in decide(candidate(1.0), Champion("3", relabeled), RULES).reason


def test_images_of_one_class_compare_nothing(candidate: Make) -> None:
    model = candidate(1.0)
    nevi = model.predictions[model.predictions["label"] == 1]

    decision = decide(dataclasses.replace(model, predictions=nevi), Champion("3", nevi), RULES)

    assert decision.alias == CHALLENGER
    assert "the 10 test images they share are all of one class" in decision.reason


@pytest.mark.parametrize(
    ("lacking", "why"),
    [("p_UNK", "tells other classes apart"), ("called_malignant", "registered without its decisions")],
)
def test_a_champion_that_lacks_a_column_stays(
    candidate: Make, predictions: Predictions, lacking: str, why: str
) -> None:
    decision = decide(candidate(1.0), Champion("3", predictions(0.3).drop(columns=lacking)), RULES)

    assert decision.alias == CHALLENGER
    assert why in decision.reason


def test_a_champion_without_predictions_stays(candidate: Make) -> None:
    decision = decide(candidate(1.0), Champion("3", None), RULES)

    assert decision.alias == CHALLENGER
    assert "registered without its test predictions" in decision.reason
