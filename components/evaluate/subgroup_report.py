"""The page's part on subgroups."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from components.common.bootstrap import Estimate
from components.common.report import Report
from components.common.skin_tone import CAVEAT
from components.evaluate import interval_tables as tables
from components.evaluate import plots
from components.evaluate.evaluation import Evaluation
from components.evaluate.subgroups import ESTIMATED_TONE, FIGURES, Gap, Subgroup


def add_subgroups(report: Report, evaluation: Evaluation, minimum: int) -> None:
    """The largest gaps, all figures as a picture, and a table for each attribute.

    Args:
        report: to add to.
        evaluation: with its subgroups.
        minimum: images of an outcome that a figure about it needs.
    """
    report.heading("Subgroups, test").paragraph(
        "The malignant decision of the ensemble, at its one threshold. Sensitivity needs malignant images, specificity "
        f"benign ones, AUC both: fewer than {minimum} of them say too little, and there is no figure. The last column "
        "says what there is too little of. Ages are in years."
    )
    if evaluation.gaps:
        report.table(
            tables.gaps_table(evaluation.gaps),
            "The largest gap of each figure between two subgroups by one attribute. The largest of several differences "
            "is large by chance alone, and its interval leaves out of account that it was chosen. "
            + _caveat(evaluation.gaps.values()),
        )
    else:
        report.paragraph("No attribute has two subgroups with a figure: there is no gap to give.")
    shown = {f"{one.attribute}: {one.name}": one for one in evaluation.subgroups if len(one.rounds.columns)}
    if shown:
        report.figure(plots.intervals(_of_subgroups(shown)), f"Figures and 95% intervals. {_caveat(shown.values())}")
    for attribute, found in groupby(evaluation.subgroups, key=lambda one: one.attribute):
        members = list(found)
        report.table(tables.subgroups_table(members, minimum), f"By {attribute}. {_caveat(members)}")


def _caveat(shown: Iterable[Subgroup | Gap]) -> str:
    """What must stand beside figures by estimated skin tone; nothing beside others."""
    return CAVEAT if any(one.attribute == ESTIMATED_TONE for one in shown) else ""


def _of_subgroups(shown: Mapping[str, Subgroup]) -> dict[str, dict[str, Estimate]]:
    return {
        tables.OF_SUBGROUP[name]: {row: one.figure(name) or plots.NONE for row, one in shown.items()}
        for name in FIGURES
    }
