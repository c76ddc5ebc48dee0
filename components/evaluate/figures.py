"""The stage's scalar figures, by name, as KFP and the registry keep them."""

import math
from collections.abc import Iterator

from components.common.bootstrap import Estimate, estimate
from components.common.taxonomy import CLASSES, SPLITS
from components.evaluate.evaluation import Evaluation

# Figures that come with the ends of their intervals, on test.
_WITH_INTERVAL = (
    "accuracy",
    "balanced_accuracy",
    "macro_auc",
    "macro_auc_without_unk",
    "melanoma_auc",
    "malignant_auc",
    "malignant_sensitivity",
    "malignant_specificity",
    "melanoma_sensitivity",
    "ece",
    "brier",
)

# Of the training split and of the other models.
_FEW = ("accuracy", "balanced_accuracy", "macro_auc")

# Leads of the ensemble over the other models, on test.
_LEADS = ("accuracy", "macro_auc", "melanoma_auc")


def metrics(evaluation: Evaluation) -> dict[str, float | None]:
    """The ensemble's scalars by split, its leads over the other models on test, abstention, gaps between subgroups.

    None where the data do not allow a figure, or its interval.
    """
    return {name: value if math.isfinite(value) else None for name, value in _named(evaluation)}


def _named(evaluation: Evaluation) -> Iterator[tuple[str, float]]:
    judgement, ensemble = evaluation.judgement, evaluation.ensemble
    for split in SPLITS:
        for name, value in judgement.of_data(evaluation.name, split).items():
            if name in _FEW or (split != "train" and not _of_a_class(name)):
                yield f"{split}_{name}", float(value)
    for name in _WITH_INTERVAL:
        yield from _ends(f"test_{name}", evaluation.figure("test", name))
    for model in evaluation.others:
        key = model.replace("ensemble (", "").replace(")", "_average").replace("-", "_")
        for name in _FEW:
            yield f"{key}_test_{name}", judgement.estimate(model, "test", name).value
        for name in _LEADS:
            lead = judgement.difference(evaluation.name, model, "test", name)
            yield f"test_{name}_over_{key}", lead.value
            yield from _ends(f"test_{name}_over_{key}", lead)
    for name in evaluation.abstention:
        yield f"test_{name}", estimate(evaluation.abstention[name]).value
    for name, gap in evaluation.gaps.items():
        yield f"test_largest_{name}_gap", gap.estimate.value
        yield from _ends(f"test_largest_{name}_gap", gap.estimate)
    yield "malignant_threshold", ensemble.malignant_threshold
    yield "abstain_threshold", ensemble.abstain_threshold
    yield "out_of_distribution_threshold", ensemble.out_of_distribution_threshold


def _ends(name: str, found: Estimate) -> Iterator[tuple[str, float]]:
    yield f"{name}_low", found.low
    yield f"{name}_high", found.high


def _of_a_class(figure: str) -> bool:
    """Those are in the tables: with them there would be a hundred more for each split."""
    return any(part in CLASSES for part in figure.split("_"))
