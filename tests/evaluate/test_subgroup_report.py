"""The page's part on subgroups: what must stand beside the figures, and why some are missing."""

import dataclasses
import html

from components.common.report import Report
from components.common.skin_tone import CAVEAT
from components.evaluate.evaluation import Evaluation
from components.evaluate.subgroup_report import add_subgroups
from components.evaluate.subgroups import ESTIMATED_TONE


def page(evaluation: Evaluation) -> str:
    report = Report("Subgroups", "")
    add_subgroups(report, evaluation, 20)
    return html.unescape(report.html())


def test_the_caveat_stands_beside_every_figure_by_skin_tone(evaluation: Evaluation) -> None:
    shown = page(evaluation)
    assert f"By {ESTIMATED_TONE}. {CAVEAT}" in shown
    assert f"Figures and 95% intervals. {CAVEAT}" in shown


def test_no_other_figure_has_it(evaluation: Evaluation) -> None:
    others = [one for one in evaluation.subgroups if one.attribute != ESTIMATED_TONE]
    assert CAVEAT not in page(dataclasses.replace(evaluation, subgroups=others))


def test_a_subgroup_without_a_figure_says_of_what_it_has_too_little(evaluation: Evaluation) -> None:
    shown = page(evaluation)
    table = shown[shown.index("By site. ") :]
    assert "<th>fewer than 20</th>" in table
    assert "<td>12 malignant</td>" in table


def test_without_two_subgroups_to_compare_the_page_says_so(evaluation: Evaluation) -> None:
    women = [one for one in evaluation.subgroups if one.name == "female"]
    assert "there is no gap to give" in page(dataclasses.replace(evaluation, subgroups=women))
