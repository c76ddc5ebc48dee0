"""The tables of the page: figures as texts, with their intervals."""

from collections.abc import Mapping, Sequence

import pandas as pd

from components.common.bootstrap import estimate
from components.common.taxonomy import CLASS_NAMES, CLASSES
from components.evaluate.classes import OF_CLASS, of_class
from components.evaluate.evaluation import Evaluation
from components.evaluate.scores import WITHOUT_UNK
from components.evaluate.subgroups import FIGURES, Gap, Subgroup

SCALARS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_precision": "precision, macro",
    "macro_recall": "recall, macro",
    "macro_f1": "F1, macro",
    "weighted_precision": "precision, weighted",
    "weighted_recall": "recall, weighted",
    "weighted_f1": "F1, weighted",
    "macro_auc": "AUC, macro",
    "macro_average_precision": "average precision (AP), macro",
    "melanoma_auc": "melanoma AUC",
    "melanoma_average_precision": "melanoma AP",
    "malignant_auc": "malignant AUC",
    "malignant_average_precision": "malignant AP",
    "malignant_sensitivity": "malignant sensitivity",
    "malignant_specificity": "malignant specificity",
    "melanoma_sensitivity": "melanomas called malignant",
    "ece": "calibration error (ECE)",
    "brier": "Brier score",
}
"""Figures of a model on a split, and how a person reads them."""

# What leaving UNK out, all of it benign, cannot change.
_SAME_WITHOUT_UNK = ("malignant_sensitivity", "melanoma_sensitivity")

COMPARED = {
    name: SCALARS[name.removesuffix(WITHOUT_UNK)] + (", without UNK" if name.endswith(WITHOUT_UNK) else "")
    for name in (
        "accuracy",
        "balanced_accuracy",
        "macro_auc",
        f"macro_auc{WITHOUT_UNK}",
        "melanoma_auc",
        "malignant_auc",
    )
}
"""Figures of which differences are shown."""

ABSTENTION = {
    "abstained": "lesions left to a person",
    "answered_accuracy": "accuracy of the answers",
    "abstained_accuracy": "accuracy that the abstained would have had",
    "malignant_abstained": "malignant lesions left to a person",
    "malignant_missed": "malignant lesions answered, and called benign",
    "melanoma_abstained": "melanomas left to a person",
    "melanoma_missed": "melanomas answered, and called benign",
    "risk_coverage_area": "area under the risk–coverage curve",
    "unusual": "pictures called unusual",
    "unusual_accuracy": "accuracy of the answers to these",
    "usual_accuracy": "accuracy of the answers to the others",
}

_OF_CLASS = {
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "auc": "AUC",
    "average_precision": "average precision",
}
OF_SUBGROUP = {"sensitivity": "sensitivity", "specificity": "specificity", "auc": "malignant AUC"}


def models_table(evaluation: Evaluation, split: str, ending: str = "") -> pd.DataFrame:
    """`SCALARS` with intervals: a row a figure, a column a model.

    Args:
        evaluation: of all models.
        split: of the images.
        ending: `WITHOUT_UNK`, or nothing.
    """
    names = {name: title for name, title in SCALARS.items() if not (ending and name in _SAME_WITHOUT_UNK)}
    judgement = evaluation.judgement
    return pd.DataFrame(
        {
            model: {title: str(judgement.estimate(model, split, name + ending)) for name, title in names.items()}
            for model in judgement.models
        }
    )


def classes_table(evaluation: Evaluation, counts: pd.Series, split: str) -> pd.DataFrame:
    """The ensemble's figures of each class with intervals.

    Args:
        evaluation: of all models.
        counts: images by class index.
        split: of the images.
    """
    rows = {
        f"{name}: {CLASS_NAMES[name].partition(' (')[0]}": {
            "images": str(counts.get(index, 0)),
            **{_OF_CLASS[figure]: str(evaluation.figure(split, of_class(figure, name))) for figure in OF_CLASS},
        }
        for index, name in enumerate(CLASSES)
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def differences_table(evaluation: Evaluation) -> pd.DataFrame:
    """By how much the ensemble leads each other model on test, with intervals: a row a figure, a column a model."""
    return pd.DataFrame(
        {
            f"− {other}": {
                title: str(evaluation.judgement.difference(evaluation.name, other, "test", name))
                for name, title in COMPARED.items()
            }
            for other in evaluation.others
        }
    )


def abstention_table(evaluation: Evaluation) -> pd.DataFrame:
    """`ABSTENTION` with intervals."""
    found = {title: str(estimate(evaluation.abstention[name])) for name, title in ABSTENTION.items()}
    return pd.DataFrame({"test": found})


def subgroups_table(subgroups: Sequence[Subgroup], minimum: int) -> pd.DataFrame:
    """The figures of one attribute's subgroups, and of what some have fewer than the minimum, and so no figure."""
    rows = {
        one.name: {
            "images": str(one.images),
            "malignant": str(one.malignant),
            **{OF_SUBGROUP[name]: str(one.figure(name) or "–") for name in FIGURES},
            f"fewer than {minimum}": one.lacking,
        }
        for one in subgroups
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def gaps_table(gaps: Mapping[str, Gap]) -> pd.DataFrame:
    """The largest gap of each figure."""
    rows = {
        OF_SUBGROUP[figure]: {
            "between subgroups by": gap.attribute,
            "lowest": gap.worst,
            "highest": gap.best,
            "difference": str(gap.estimate),
        }
        for figure, gap in gaps.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")
