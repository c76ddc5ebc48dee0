"""The page of the evaluation."""

import pandas as pd

from components.common.report import Report
from components.common.taxonomy import CLASS_NAMES, CLASSES
from components.evaluate import plots
from components.evaluate.evaluation import ENSEMBLE_NAMES, Evaluation
from components.evaluate.inputs import Split
from components.evaluate.scores import class_table
from components.evaluate.tables import NOTE

_COLUMNS = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "macro_auc": "macro AUC",
    "macro_auc_without_unk": "macro AUC without UNK",
    "melanoma_auc": "melanoma AUC",
    "malignant_auc": "malignant AUC",
    "malignant_sensitivity": "sensitivity",
    "malignant_specificity": "specificity",
    "ece": "ECE",
}


def evaluation_report(table: pd.DataFrame, evaluation: Evaluation, test: Split) -> Report:
    """Table 1, the figures of all models, classes, pictures."""
    chosen = evaluation.figures.loc[(ENSEMBLE_NAMES[evaluation.ensemble.method], "test")]
    probabilities = evaluation.ensemble.predict(test.probabilities)
    report = Report(
        "Evaluation",
        f"On {len(test.labels)} test images, of patients and lesions that training never saw, the ensemble reaches a "
        f"macro AUC of {chosen['macro_auc']:.3f} ({chosen['macro_auc_without_unk']:.3f} without UNK) and an accuracy "
        f"of {chosen['accuracy']:.3f}; melanoma AUC {chosen['melanoma_auc']:.3f}, "
        f"malignant AUC {chosen['malignant_auc']:.3f}.",
    )
    report.warning(
        "UNK means mostly: from the 2020 data, benign, not specified. It is tied to where an image comes from, and a "
        "model can tell that from the picture: read the figures without UNK beside those with it."
    )
    report.heading("Table 1").table(table.set_index("Model"), NOTE)
    figures = evaluation.figures[list(_COLUMNS)].rename(columns=_COLUMNS)
    for split in ("test", "validation"):
        caption = "Sensitivity and specificity: malignant against benign, at the threshold chosen on validation."
        report.heading(f"All models, {split}").table(figures.xs(split, level="split"), caption)
    report.heading("Classes, test")
    classes = pd.DataFrame(class_table(test.labels, probabilities)).T.astype({"images": int})
    classes.index = pd.Index([f"{name}: {CLASS_NAMES[name]}" for name in CLASSES], name="class")
    report.table(classes)
    report.heading("Confusion matrix, test")
    report.figure(
        plots.confusion(test.labels, probabilities.argmax(axis=1)), "Images; colour is the share of the class"
    )
    report.heading("ROC curves, test")
    report.figure(
        plots.roc_curves(test.labels, probabilities), "One class against the rest, with the area; and malignant"
    )
    report.heading("Reliability, test")
    report.figure(plots.reliability(test.labels, probabilities), "On the dotted line confidence equals accuracy")
    return report
