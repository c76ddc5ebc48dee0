"""The whole training of one member: search, final training, predictions of every split."""

import logging
import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf

from components.common.member import Member
from components.common.predictions import probability_columns
from components.common.records import read_summary
from components.common.scores import macro_auc
from components.common.taxonomy import CLASSES
from components.train.answers import answer_splits, tabulate
from components.train.devices import check_batch_size, check_gpus
from components.train.familiarity import fit_features, with_feature_distance
from components.train.fingerprint import library_versions
from components.train.history import Epoch
from components.train.hyperparameters import Hyperparameters
from components.train.loop import Plan
from components.train.search import Trial, best, trial_table
from components.train.session import Session
from components.train.settings import TrainSettings
from components.train.termination import Termination
from components.train.trials import carry_out, search
from components.train.workers import search_in_parallel

log = logging.getLogger(__name__)

_FINAL = "final"


@dataclass(frozen=True)
class Trained:
    """What a training gives."""

    member: Member
    network: keras.Model
    """Of stock Keras layers, in float32, without dropout; see `familiarity.with_feature_distance`."""
    history: list[Epoch]
    trials: pd.DataFrame
    predictions: pd.DataFrame
    metrics: dict[str, float]
    steps_per_epoch: int
    missing_classes: list[str]
    """Without images to train on."""
    trials_at_once: int


def train_member(records: Path, settings: TrainSettings, termination: Termination) -> Trained:
    """Train one member of the ensemble, or go on where a training with these settings and this workspace was.

    Args:
        records: the folder that preprocess wrote.
        settings: how.
        termination: asked between steps whether to save and end.

    Raises:
        DataError: the records lack the crop, or a split has no images.
        SettingsError: fewer GPUs than asked for; or the weights do not fit.
        StorageError: the workspace cannot be written.
        TrainingError: the final training's loss is no longer a number, or the memory holds not even one image.
        TerminatedError: the process was told to stop; the state is saved.
    """
    with _workspace(settings) as kept:
        session = Session(records, kept)
        session.check()
        session.checkpoints.remove_stale()
        train = session.splits["train"]
        missing = missing_classes(train.counts(), settings.member)
        resumed_trials = len(session.board.trials)
        at_once = search_with_workers(session, termination)
        began = time.monotonic()
        trainer = session.trainer(termination)
        seconds_building = time.monotonic() - began
        trials = search(session.board, partial(carry_out, trainer, epochs=settings.trial_epochs), settings.trials)
        chosen = best(session.start, trials)
        history = trainer.run(Plan(_FINAL, chosen, settings.epochs))
        _tell_resumed(session, resumed_trials, trainer.resumed_epochs)
        network = trainer.learner.export(flips=settings.test_time_flips)
    answers = answer_splits(network, session.splits.values(), trainer.learner.device_batch_size)
    usual = fit_features(answers["train"].features)
    predictions = tabulate(session.splits.values(), answers, usual)
    metrics = {
        **_scores(predictions),
        **_chosen(chosen),
        **speed(history, train.images()),
        "trials": len(trials),
        "resumed_trials": resumed_trials,
        "epochs": settings.epochs,
        "resumed_epochs": trainer.resumed_epochs,
        "batch_parts": trainer.learner.parts,
        "seconds_building": seconds_building,
        "seconds_tracing": trainer.seconds_starting,
        "seconds_search": sum(trial.seconds for trial in trials),
    }
    return Trained(
        member=_member(records, settings, chosen, trials),
        network=with_feature_distance(network, usual),
        history=history,
        trials=trial_table(trials),
        predictions=predictions,
        metrics=metrics,
        steps_per_epoch=train.images() // session.batch_size,
        missing_classes=missing,
        trials_at_once=at_once,
    )


def search_with_workers(session: Session, termination: Termination) -> int:
    """Carry out the search with several trials at once, where there are several GPUs or the settings say so.

    It comes before this process builds a network, and with that takes the GPUs for itself.

    Args:
        session: of the member.
        termination: asked between trials.

    Returns:
        How many trials run at once; with one, nothing is done.

    Raises:
        SettingsError: there are fewer GPUs than asked for, or they cannot share the batch evenly.
    """
    settings, gpus = session.settings, len(tf.config.list_physical_devices("GPU"))
    check_gpus(gpus, settings.gpus)
    check_batch_size(session.batch_size, gpus, settings.branches)
    at_once = settings.parallel_trials or max(1, gpus)
    left = settings.trials - len(session.board.trials)
    if at_once > 1 and left > 0:
        # Each worker sees one GPU, however many this process was promised.
        prepare = Session(session.records, replace(settings, gpus=min(1, settings.gpus))).carry_out
        search_in_parallel(
            session.board, prepare, settings.trials, workers=min(at_once, left), gpus=gpus, termination=termination
        )
    return at_once


def missing_classes(counts: np.ndarray, member: str) -> list[str]:
    """Classes without images to train on; the network learns to give them no probability.

    Args:
        counts: images of each class, int [9].
        member: named in the log.
    """
    missing = [name for name, count in zip(CLASSES, counts, strict=True) if not count]
    if missing:
        log.warning(
            "%s: the training split has no images of %s: no lesion will be given that diagnosis; give ingest a source "
            "that has them",
            member,
            ", ".join(missing),
        )
    return missing


def speed(history: Sequence[Epoch], images: int) -> dict[str, float]:
    """Figures of a training, over all processes that had a part in it.

    Args:
        history: its epochs.
        images: of the training split.
    """
    seconds = sum(epoch.seconds for epoch in history)
    stepping = sum(epoch.seconds_stepping for epoch in history)
    return {
        "seconds_training": seconds,
        "images_per_second": images * len(history) / seconds,
        "data_wait_share": sum(epoch.seconds_waiting for epoch in history) / max(stepping, 1e-9),
    }


def _tell_resumed(session: Session, trials: int, epochs: int) -> None:
    settings = session.settings
    if trials >= settings.trials and epochs == settings.epochs:
        log.info(
            "%s: nothing was to be trained: all %d trials and %d epochs were done before, with the same settings, "
            "data, source and libraries (%s in the workspace)",
            settings.member,
            trials,
            epochs,
            session.key,
        )


@contextmanager
def _workspace(settings: TrainSettings) -> Iterator[TrainSettings]:
    """The settings with a workspace: a temporary one where none was given, to recover from want of memory."""
    if settings.workspace:
        yield settings
        return
    log.warning("%s: no workspace was given: killed, the training begins anew", settings.member)
    with tempfile.TemporaryDirectory() as folder:
        yield replace(settings, workspace=folder)


def _scores(predictions: pd.DataFrame) -> dict[str, float]:
    scores = {}
    for split, table in predictions.groupby("split"):
        labels, probabilities = table["label"].to_numpy(), table[probability_columns()].to_numpy()
        scores[f"{split}_accuracy"] = float((probabilities.argmax(axis=1) == labels).mean())
        auc = macro_auc(labels, probabilities)
        if math.isfinite(auc):
            scores[f"{split}_macro_auc"] = auc
    return scores


def _chosen(hyperparameters: Hyperparameters) -> dict[str, float]:
    """The settings that are numbers: KFP shows no others as metrics."""
    settings = hyperparameters.settings()
    return {f"chosen_{name}": value for name, value in settings.items() if not isinstance(value, str)}


def _member(records: Path, settings: TrainSettings, chosen: Hyperparameters, trials: Sequence[Trial]) -> Member:
    return Member(
        name=settings.member,
        backbone=settings.backbone,
        crop=settings.crop,
        size=settings.size,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        weights=settings.weights,
        hyperparameters=chosen.settings(),
        seed=settings.seed,
        trials=settings.trials,
        records_fingerprint=read_summary(records).fingerprint,
        classes=list(CLASSES),
        versions=library_versions(),
        settings={name: value for name, value in asdict(settings).items() if name != "workspace"},
        search=[trial.to_json() for trial in trials],
    )
