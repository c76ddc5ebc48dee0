"""The page: every figure with its interval, and what a reader must not miss."""

import pytest

from components.common.member import read_member
from components.common.skin_tone import CAVEAT
from components.evaluate.evaluation import Evaluation
from components.evaluate.gates import gates
from components.evaluate.reports import Page, evaluation_report
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


def test_the_caveat_stands_beside_every_figure_by_skin_tone(html: str) -> None:
    escaped = CAVEAT.replace("'", "&#39;")
    assert html.count(escaped) >= 2
    table = html.index("By skin tone (estimated). ")
    assert html[table:].startswith(f"By skin tone (estimated). {escaped}")


def test_a_subgroup_without_a_figure_says_why(html: str) -> None:
    table = html[html.index("By site. ") :]
    assert "<th>fewer than 20</th>" in table
    assert "<td>12 malignant</td>" in table
