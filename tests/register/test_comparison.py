import dataclasses

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import recall_score, roc_auc_score

from components.common.predictions import malignant_score
from components.common.taxonomy import MALIGNANT_INDEXES
from components.register.comparison import CALLED_MALIGNANT, PROBABILITIES, compare
from tests.register.conftest import RULES, THRESHOLD, predictions


def decided(skill: float) -> pd.DataFrame:
    table = predictions(skill)
    return table.assign(**{CALLED_MALIGNANT: malignant_score(table[PROBABILITIES].to_numpy()) >= THRESHOLD})


def test_the_figures_are_those_of_scikit_learn() -> None:
    ours = decided(0.3)
    labels, probabilities = ours["label"].to_numpy(), ours[PROBABILITIES].to_numpy()
    malignant, called = np.isin(labels, MALIGNANT_INDEXES), ours[CALLED_MALIGNANT].to_numpy()

    found = {lead.figure: lead.ours for lead in compare(ours, decided(1.0), RULES)}

    assert found == pytest.approx(
        {
            "macro_auc": np.mean([roc_auc_score(labels == k, probabilities[:, k]) for k in range(9)]),
            "melanoma_auc": roc_auc_score(labels == 0, probabilities[:, 0]),
            "malignant_auc": roc_auc_score(malignant, malignant_score(ours[PROBABILITIES].to_numpy())),
            "melanoma_sensitivity": called[labels == 0].mean(),
            "malignant_sensitivity": recall_score(malignant, called),
            "malignant_specificity": recall_score(~malignant, ~called),
        }
    )


def test_the_decisive_figure_comes_first_and_must_lie_above_0() -> None:
    rules = dataclasses.replace(RULES, decisive_figure="malignant_specificity")

    leads = compare(decided(1.0), decided(0.3), rules)

    assert [lead.figure for lead in leads][:2] == ["malignant_specificity", "macro_auc"]
    assert [lead.wanted for lead in leads] == ["above 0", *3 * ["at least −0.1"], *2 * ["at least −0.3"]]


def test_a_difference_is_paired() -> None:
    ours, theirs = decided(0.32), decided(0.3)

    lead = compare(ours, theirs, RULES)[0]

    # Unpaired, the interval of either figure alone is wider than that of the difference of two models so alike.
    alone = compare(ours, ours.assign(**dict.fromkeys(PROBABILITIES, 1 / 9)), RULES)[0]
    assert lead.estimate.high - lead.estimate.low < (alone.estimate.high - alone.estimate.low) / 2


def test_images_of_one_group_are_drawn_together() -> None:
    ours, theirs = decided(0.32), decided(0.3)
    grouped = ours.assign(group=[f"patient {number // 9}" for number in range(len(ours))])

    assert compare(grouped, theirs, RULES)[0].estimate != compare(ours, theirs, RULES)[0].estimate


def test_the_same_decisions_differ_by_nothing_for_certain() -> None:
    lead = compare(decided(1.0), decided(1.0), RULES)[3]

    assert (lead.estimate.low, lead.estimate.high, lead.passed) == (0, 0, True)


def test_what_the_images_do_not_allow_is_not_passed() -> None:
    ours, theirs = (table[table["label"] > 0] for table in (decided(1.0), decided(0.3)))

    leads = {lead.figure: lead for lead in compare(ours, theirs, RULES)}

    assert not leads["melanoma_auc"].passed
    assert str(leads["melanoma_auc"]) == "melanoma AUC – against –, difference –, wanted at least −0.1: failed"
    assert leads["macro_auc"].passed
