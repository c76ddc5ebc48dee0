"""The study's Table 1."""

import math

import pandas as pd

from components.common.member import Member
from components.evaluate.evaluation import ENSEMBLE_NAMES, Evaluation

NOTE = (
    "Validation flatters: the members' settings were searched on it, and the ensemble is fitted and calibrated on it. "
    "The test images were used for nothing but these figures."
)


def table_1(members: list[Member], evaluation: Evaluation) -> pd.DataFrame:
    """Each member with its settings and accuracies, then the ensemble; accuracies in percent."""
    rows = [
        {
            "Model": member.name,
            "Backbone": member.backbone,
            "Crop": str(member.crop),
            "Resize": str(member.size),
            "Batch": str(member.batch_size),
            **_accuracies(evaluation, member.name),
        }
        for member in members
    ]
    method = evaluation.ensemble.method
    blank = dict.fromkeys(("Backbone", "Crop", "Resize", "Batch"), "")
    rows.append({"Model": f"Ensemble ({method})", **blank, **_accuracies(evaluation, ENSEMBLE_NAMES[method])})
    return pd.DataFrame(rows)


def _accuracies(evaluation: Evaluation, model: str) -> dict[str, str]:
    named = {"Training accuracy": "train", "Validation accuracy": "validation", "Test accuracy": "test"}
    of_data = evaluation.judgement.of_data
    row = {title: shown(of_data(model, split)["accuracy"], "{:.1%}") for title, split in named.items()}
    return {**row, "Test macro AUC": shown(of_data(model, "test")["macro_auc"], "{:.3f}")}


def shown(figure: float, form: str) -> str:
    """A figure in a form such as "{:.1%}"; a dash where it is none."""
    return form.format(figure).replace("%", " %") if math.isfinite(figure) else "–"


def markdown(table: pd.DataFrame) -> str:
    """A table of strings as Markdown, its columns padded so that it reads as plain text too."""
    widths = [max(len(column), *table[column].str.len()) for column in table.columns]

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return (
        "\n".join([line(list(table.columns)), rule, *(line(list(row)) for row in table.itertuples(index=False))]) + "\n"
    )
