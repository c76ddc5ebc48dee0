"""What the ensemble must reach on the test split; the register stage acts on the outcome."""

import math

from components.common.gates import Gate
from components.evaluate.evaluation import Evaluation
from components.evaluate.settings import EvaluateSettings


def gates(evaluation: Evaluation, settings: EvaluateSettings) -> list[Gate]:
    """The gates, each with its figure: of the data itself, not an end of its interval.

    Melanoma sensitivity is of the decision that a patient gets: the share of melanomas that are called malignant, at
    the threshold chosen on validation, whichever malignant class they are taken for.
    """
    sensitivity = evaluation.figure("test", "melanoma_sensitivity").value
    gap = evaluation.gaps.get("sensitivity")
    ece = evaluation.figure("test", "ece").value
    return [
        Gate("melanoma sensitivity, test", sensitivity, settings.minimum_melanoma_sensitivity, at_least=True),
        Gate(
            "largest gap in sensitivity between subgroups, test",
            gap.estimate.value if gap else math.nan,
            settings.maximum_subgroup_gap,
            at_least=False,
        ),
        Gate("expected calibration error, test", ece, settings.maximum_ece, at_least=False),
    ]
