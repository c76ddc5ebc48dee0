"""The page of the evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, estimate
from components.common.gates import Gate, gate_table
from components.common.report import Report
from components.common.taxonomy import CLASSES
from components.evaluate import interval_tables as tables
from components.evaluate import plots
from components.evaluate.evaluation import Evaluation
from components.evaluate.inputs import Split
from components.evaluate.scores import WITHOUT_UNK
from components.evaluate.settings import EvaluateSettings
from components.evaluate.subgroup_report import add_subgroups
from components.evaluate.tables import NOTE

# `bootstrap.MOST_UNDEFINED` gives no interval to what so few groups show.
_FEW_GROUPS = 2


@dataclass(frozen=True)
class Page:
    """What the page is made of."""

    evaluation: Evaluation
    splits: Mapping[str, Split]
    gates: Sequence[Gate]
    settings: EvaluateSettings
    table_1: pd.DataFrame

    @property
    def test(self) -> Split:
        """The split that all is judged on."""
        return self.splits["test"]

    @cached_property
    def probabilities(self) -> np.ndarray:
        """The ensemble's on test, float64 [images, 9]."""
        return self.evaluation.ensemble.predict(self.test.probabilities)


def evaluation_report(page: Page) -> Report:
    """Summary, gates, models side by side, classes, abstention, subgroups."""
    report = Report("Evaluation", _summary(page))
    _add_gates(report, page)
    _add_reading(report, page)
    _add_models(report, page)
    _add_classes(report, page)
    _add_abstention(report, page)
    add_subgroups(report, page.evaluation, page.settings.minimum_subgroup_images)
    return report


def _summary(page: Page) -> str:
    def figure(name: str) -> str:
        return str(page.evaluation.figure("test", name))

    failed = [gate.name for gate in page.gates if not gate.passed]
    outcome = f"Gates failed: {'; '.join(failed)}." if failed else "All gates are passed."
    return (
        f"On {len(page.test.labels)} test images, of patients and lesions that training never saw, the ensemble "
        f"reaches a macro AUC of {figure('macro_auc')}, {figure('macro_auc' + WITHOUT_UNK)} without UNK, and an "
        f"accuracy of {figure('accuracy')}. Of the malignant lesions it finds {figure('malignant_sensitivity')} at a "
        f"specificity of {figure('malignant_specificity')}; of the melanomas {figure('melanoma_sensitivity')}. "
        f"{outcome}"
    )


def _add_gates(report: Report, page: Page) -> None:
    report.heading("Gates").table(
        gate_table(page.gates),
        "The figures are those of the test images themselves; their intervals may reach across the limit. Melanoma "
        "sensitivity is the share of melanomas that are called malignant, at the threshold chosen on validation. A "
        "gate without a figure, shown as a dash, is not passed: the data do not allow to judge it.",
    )


def _add_reading(report: Report, page: Page) -> None:
    report.heading("How to read the figures").paragraph(_reading(page))
    if rare := rare_classes(page.test):
        report.warning(
            f"Only one or two groups show {', '.join(rare)}: their figures hang on one or two patients, and so does "
            "their part in all means over classes."
        )
    report.warning(
        "UNK means mostly: from the 2020 data, benign, not specified. It is tied to where an image comes from, and a "
        "model can tell that from the picture: read the figures without UNK beside those with it."
    )


def _reading(page: Page) -> str:
    groups, rounds = page.test.images["group"].nunique(), page.settings.bootstrap_rounds
    return (
        f"In brackets stand 95% intervals. The test images are of {groups} groups: patients, or lesions where no "
        f"patient is known, with all copies of their images. {rounds} times {groups} groups were drawn with "
        "replacement, and all models were judged on the same draws: pictures of one patient are not independent "
        "evidence. Models, calibration and thresholds stay as they are: an interval says how a figure varies with the "
        "patients, not with the training. Means over classes are over those that a draw holds. No interval has a "
        "figure that more than one in twenty draws lack, which is so where only one or two groups show it, and one on "
        "which all draws agree. The calibration error of a draw tends to be larger than that of the images, because "
        "drawing some of them twice makes gaps: its interval leans upwards. A dash is a figure that the data do not "
        "allow."
    )


def rare_classes(split: Split) -> list[str]:
    """Classes that so few groups show that their figures have no interval."""
    groups = split.images.groupby("label")["group"].nunique()
    return [CLASSES[label] for label, count in groups.items() if count <= _FEW_GROUPS]


def _add_models(report: Report, page: Page) -> None:
    evaluation = page.evaluation
    report.heading("Table 1").table(page.table_1.set_index("Model"), NOTE)
    report.heading("Ensemble against members").figure(
        plots.intervals(_leads(evaluation), zero=True),
        f"By how much {evaluation.name} leads on test: each other model is subtracted on the same draws. Where an "
        "interval reaches across 0, the data do not tell which is better.",
    )
    report.table(tables.differences_table(evaluation), f"{evaluation.name} minus each other model.")
    caption = (
        "Sensitivity and specificity: malignant against benign, at each model's own threshold, chosen on validation."
    )
    report.heading("All models, test").table(tables.models_table(evaluation, "test"), caption)
    report.heading("All models, test, without UNK").table(
        tables.models_table(evaluation, "test", WITHOUT_UNK),
        "The images of UNK are left out, and the other eight classes share its probability. The malignant decision is "
        "the same as with UNK, so that its sensitivity is too.",
    )
    report.heading("All models, validation").paragraph(NOTE)
    report.details("With UNK", tables.models_table(evaluation, "validation"))
    report.details("Without UNK", tables.models_table(evaluation, "validation", WITHOUT_UNK))


def _leads(evaluation: Evaluation) -> dict[str, dict[str, Estimate]]:
    return {
        title: {
            f"− {other}": evaluation.judgement.difference(evaluation.name, other, "test", name)
            for other in evaluation.others
        }
        for name, title in tables.COMPARED.items()
    }


def _add_classes(report: Report, page: Page) -> None:
    probabilities, labels = page.probabilities, page.test.labels
    report.heading("Classes, test").table(
        tables.classes_table(page.evaluation, pd.Series(labels).value_counts(), "test"),
        "Of the ensemble, each class against the rest.",
    )
    report.heading("Confusion matrix, test").figure(
        plots.confusion(labels, probabilities.argmax(axis=1)), "Images; colour is the share of the class"
    )
    report.heading("ROC curves, test").figure(
        plots.roc_curves(labels, probabilities), "One class against the rest, with the area; and malignant"
    )
    report.heading("Reliability, test").figure(
        plots.reliability(labels, probabilities),
        "On the dotted line confidence equals accuracy; the larger a dot, the more images",
    )


def _unusual(page: Page) -> str:
    share, threshold = page.settings.out_of_distribution_share, page.evaluation.ensemble.out_of_distribution_threshold
    return (
        "A picture is called unusual where the networks' features lie far from those of the training: above "
        f"{threshold:.2f} standard deviations, as a mean over the members. Above it lie at most {share:.0%} of the "
        "validation images. This is another question than the class UNK, and than how sure the answer is. All "
        "pictures here are of lesions: whether those of other things, and spoiled ones, are told apart is measured by "
        "the robustness stage."
    )


def _add_abstention(report: Report, page: Page) -> None:
    evaluation, share = page.evaluation, page.settings.abstained_share
    threshold = evaluation.ensemble.abstain_threshold
    report.heading("Abstention, test").paragraph(
        f"Where the largest of the nine probabilities lies below {threshold:.3f}, the ensemble abstains: a person must "
        f"look. Below it lie at most {share:.0%} of the validation images. What is chosen is the share of lesions that "
        "people look at again, which can be kept whatever the model and the patients are; what it gains is measured "
        "here."
    )
    others = {name: page.test.probabilities[:, index] for index, name in enumerate(evaluation.ensemble.members)}
    report.figure(
        plots.risk_coverage_curves(page.test.labels, (evaluation.name, page.probabilities), others, threshold),
        f"Only the most confident answers are given, fewer towards the left. Area under the ensemble's curve: "
        f"{estimate(evaluation.abstention['risk_coverage_area'])}",
    )
    report.table(tables.abstention_table(evaluation))
    report.paragraph(_unusual(page))
