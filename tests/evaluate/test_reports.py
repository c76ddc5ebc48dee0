"""The page: every figure with its interval, and what a reader must not miss."""

import re

import numpy as np
import pandas as pd
import pytest

from components.common.member import read_member
from components.evaluate.evaluation import Evaluation
from components.evaluate.gates import gates
from components.evaluate.inputs import Split
from components.evaluate.reports import Page, evaluation_report, rare_classes
from components.evaluate.tables import table_1
from tests.evaluate.conftest import evaluate_settings, read, write_inputs


@pytest.fixture(scope="module")
def html(evaluation: Evaluation, tmp_path_factory: pytest.TempPathFactory) -> str:
    inputs = write_inputs(tmp_path_factory.mktemp("page"))
    settings = evaluate_settings(maximum_ece=0.0)
    table = table_1([read_member(folder) for folder in inputs.members], evaluation)
    page = Page(evaluation, read(inputs), gates(evaluation, settings), settings, table)
    return evaluation_report(page).html()


def test_the_summary_names_the_gates_that_failed(html: str) -> None:
    summary = html[html.index('class="summary"') : html.index("<h2>")]
    assert "Gates failed: expected calibration error, test." in summary


def test_members_and_both_ensembles_stand_side_by_side_with_intervals(html: str, evaluation: Evaluation) -> None:
    for model in evaluation.judgement.models:
        assert str(evaluation.judgement.estimate(model, "test", "accuracy")) in html
        assert str(evaluation.judgement.estimate(model, "validation", "macro_f1_without_unk")) in html
    assert "− ensemble (probability)" in html
    assert str(evaluation.judgement.difference("ensemble (rank)", "b1", "test", "melanoma_auc")) in html


def test_the_parts_come_in_the_order_in_which_they_are_read(html: str) -> None:
    headings = re.findall("<h2>(.*?)</h2>", html)
    assert headings[:4] == ["Gates", "How to read the figures", "Table 1", "Ensemble against members"]
    assert headings[-2:] == ["Abstention, test", "Subgroups, test"]


def test_classes_that_hang_on_one_or_two_patients_are_named() -> None:
    images = pd.DataFrame({"label": [0, 0, 0, 1, 1, 1, 5], "group": ["a", "b", "c", "a", "a", "b", "d"]})
    assert rare_classes(Split(images, images["label"].to_numpy(), np.empty((7, 0, 9)), np.empty((7, 0)))) == [
        "NV",
        "DF",
    ]
