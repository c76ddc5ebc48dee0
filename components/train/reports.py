"""The two pages of a training: its learning curves, and its search."""

from dataclasses import asdict

import pandas as pd

from components.common.member import Member
from components.common.report import Report
from components.train import plots
from components.train.learner import Epoch


def curves_report(member: Member, history: list[Epoch], steps_per_epoch: int) -> Report:
    """Learning curves of the final training, with the gap between the splits named."""
    table = pd.DataFrame([asdict(row) for row in history]).set_index("epoch")
    last = history[-1]
    report = Report(
        f"Training of {member.name}",
        f"{member.backbone}, crops of {member.crop} px at {member.size} px, {member.epochs} epochs of "
        f"batches of {member.batch_size}. Validation accuracy {last.validation_accuracy:.3f}, "
        f"macro AUC {last.validation_macro_auc:.3f} after the last epoch.",
    )
    report.heading("Learning curves").figure(plots.learning_curves(table.reset_index()), "Loss and accuracy by epoch")
    report.paragraph(
        f"The gap after the last epoch: accuracy {last.accuracy - last.validation_accuracy:+.3f}, "
        f"loss {last.validation_loss - last.loss:+.3f}. Training figures are taken while learning, on augmented "
        "pictures and with dropout; validation figures on the pictures as they are."
    )
    rate = member.hyperparameters["learning_rate"]
    report.heading("Settings")
    report.table(pd.DataFrame({"value": {name: f"{value:.3g}" for name, value in member.hyperparameters.items()}}))
    report.figure(plots.learning_rate(rate, steps_per_epoch, member.epochs), "One warm-up epoch, then cosine decay")
    report.heading("Figures by epoch").table(table.drop(columns="learning_rate"))
    report.heading("What made it")
    made = {
        "seed": member.seed,
        "first weights": member.weights or "random",
        "records": member.records_fingerprint[:16],
    }
    report.table(pd.DataFrame({"value": {key: str(value) for key, value in {**made, **member.versions}.items()}}))
    return report


def search_report(member: Member, trials: pd.DataFrame) -> Report:
    """The trials of the search."""
    if trials.empty:
        return Report(f"Search for {member.name}", "No trials were asked for: the study's settings were used.")
    best, first = trials["validation_macro_auc"].max(), trials["validation_macro_auc"].iloc[0]
    report = Report(
        f"Search for {member.name}",
        f"{len(trials)} trials. Best validation macro AUC {best:.4f}, against {first:.4f} with the study's settings, "
        "which are the first trial. Trials are shorter than the final training, so compare them with each other only.",
    )
    report.heading("Convergence").figure(plots.convergence(trials), "Objective by trial")
    report.heading("Objective by setting").figure(plots.settings(trials), "Later trials are brighter")
    report.heading("Trials").table(trials.set_index("trial"), digits=5)
    return report
