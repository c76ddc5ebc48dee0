"""The page of a training: its learning curves."""

from collections.abc import Mapping
from dataclasses import asdict

import pandas as pd

from components.common.member import Member
from components.common.report import Report
from components.train import plots
from components.train.training import Trained


def curves_report(trained: Trained, metrics: Mapping[str, float]) -> Report:
    """Learning curves of the final training, with the gap between the splits named.

    Args:
        trained: what came of it.
        metrics: of the stage.
    """
    member, history = trained.member, trained.history
    table = pd.DataFrame([asdict(row) for row in history]).set_index("epoch")
    last = history[-1]
    report = Report(
        f"Training of {member.name}",
        f"{member.backbone}, crops of {member.crop} px at {member.size} px, {member.epochs} epochs of "
        f"batches of {member.batch_size}. Validation accuracy {last.validation_accuracy:.3f}, "
        f"macro AUC {last.validation_macro_auc:.3f} after the last epoch.",
    )
    if trained.missing_classes:
        report.warning(
            f"The training split has no images of {', '.join(trained.missing_classes)}: no lesion will be given that "
            "diagnosis."
        )
    report.heading("Learning curves").figure(plots.learning_curves(table.reset_index()), "Loss and accuracy by epoch")
    report.paragraph(
        f"The gap after the last epoch: accuracy {last.accuracy - last.validation_accuracy:+.3f}, "
        f"loss {last.validation_loss - last.loss:+.3f}. Training figures are taken while learning, on augmented "
        "pictures and with dropout; validation figures on the pictures as they are."
    )
    rate = member.hyperparameters["learning_rate"]
    report.heading("Settings")
    report.table(pd.DataFrame({"value": {name: _shown(value) for name, value in member.hyperparameters.items()}}))
    report.figure(
        plots.learning_rate(rate, trained.steps_per_epoch, member.epochs), "One warm-up epoch, then cosine decay"
    )
    report.heading("Figures by epoch").table(table.drop(columns="learning_rate"))
    report.heading("Time").table(_times(metrics))
    report.paragraph(
        f"Steps waited {metrics['data_wait_share']:.1%} of their time for data; {metrics['images_per_second']:.1f} "
        "images a second, validation included. Start-up is what comes once, however long a training is."
    )
    return report.heading("What made it").table(_origin(member))


def _origin(member: Member) -> pd.DataFrame:
    made = {
        "seed": member.seed,
        "first weights": member.weights or "random",
        "records": member.records_fingerprint[:16],
        "precision": member.settings["precision"],
        "XLA": member.settings["xla"],
        "deterministic": member.settings["deterministic"],
        **member.versions,
    }
    return pd.DataFrame({"value": {name: str(value) for name, value in made.items()}})


def _times(metrics: Mapping[str, float]) -> pd.DataFrame:
    names = {
        "seconds_importing": "start-up: importing TensorFlow",
        "seconds_building": "start-up: building the network",
        "seconds_tracing": "start-up: first steps, in which graphs are traced",
        "seconds_search": "search",
        "seconds_training": "final training",
    }
    return pd.DataFrame({"seconds": {text: metrics[name] for name, text in names.items()}})


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
