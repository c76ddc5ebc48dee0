"""The whole training of one member: search, final training, predictions of every split."""

import logging
import math
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import keras
import pandas as pd
import tensorflow as tf

from components.common.errors import TrainingError
from components.common.member import Member
from components.common.predictions import prediction_table, probability_columns
from components.common.records import read_summary
from components.common.scores import macro_auc
from components.common.taxonomy import CLASSES, SPLITS
from components.train.dataset import Pictures
from components.train.hyperparameters import Hyperparameters, space
from components.train.learner import Epoch, Learner
from components.train.search import Trial, best, search, trial_table
from components.train.settings import TrainSettings

log = logging.getLogger(__name__)

_LIBRARIES = ("tensorflow", "keras", "keras-cv", "scikit-optimize", "numpy")

# The objective of a trial that has none (its loss or its AUC is not a number): that of guessing.
_FAILED = 0.5


@dataclass(frozen=True)
class Trained:
    """What a training gives."""

    member: Member
    network: keras.Model
    """Of stock Keras layers, without dropout."""
    history: list[Epoch]
    trials: pd.DataFrame
    predictions: pd.DataFrame
    metrics: dict[str, float]
    steps_per_epoch: int


def train_member(records: Path, settings: TrainSettings) -> Trained:
    """Train one member of the ensemble.

    Args:
        records: the folder that preprocess wrote.
        settings: how.

    Raises:
        DataError: the records lack the crop, or a split has no images.
        TrainingError: the final training's loss is no longer a number.
    """
    began = time.monotonic()
    splits = {split: Pictures(records, split, settings.crop, settings.size) for split in SPLITS}
    learner = _learner(splits, settings)
    started = time.monotonic()
    trials, chosen = _search(learner, settings)
    searched = time.monotonic()
    history = learner.fit(chosen, settings.epochs, "final training")
    trained = time.monotonic()
    predictions = pd.concat([_predict(learner, pictures) for pictures in splits.values()], ignore_index=True)
    metrics = {
        **_scores(predictions),
        **{f"chosen_{name}": value for name, value in asdict(chosen).items()},
        "trials": len(trials),
        "epochs": settings.epochs,
        "seconds_startup": started - began,
        "seconds_search": searched - started,
        "seconds_training": trained - searched,
        "images_per_second": splits["train"].images() * settings.epochs / (trained - searched),
    }
    member = _member(records, settings, chosen)
    return Trained(
        member, learner.export(), history, trial_table(trials), predictions, metrics, learner.steps_per_epoch
    )


def _learner(splits: dict[str, Pictures], settings: TrainSettings) -> Learner:
    for pictures in splits.values():
        log.info("%s: %d images for %s", settings.member, pictures.images(), pictures.split)
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()
    return Learner(
        name=settings.member,
        backbone=settings.backbone,
        weights=settings.weights,
        train=splits["train"],
        validation=splits["validation"],
        batch_size=settings.batch_size,
        seed=settings.seed,
    )


def _search(learner: Learner, settings: TrainSettings) -> tuple[list[Trial], Hyperparameters]:
    def evaluate(number: int, hyperparameters: Hyperparameters) -> Trial:
        began = time.monotonic()
        what = f"trial {number} of {settings.trials}"
        try:
            objective = learner.fit(hyperparameters, settings.trial_epochs, what)[-1].validation_macro_auc
        except TrainingError as error:
            log.warning("%s failed: %s", what, error)
            objective = math.nan
        if not math.isfinite(objective):
            objective = _FAILED
        return Trial(number, hyperparameters, objective, time.monotonic() - began)

    start = Hyperparameters.published(settings.backbone, settings.learning_rate)
    trials = search(start, space(settings.learning_rate), evaluate, trials=settings.trials, seed=settings.seed)
    return trials, best(start, trials)


def _predict(learner: Learner, pictures: Pictures) -> pd.DataFrame:
    log.info("predicting %s", pictures.split)
    probabilities = learner.predict(pictures.dataset())
    return prediction_table(pictures.split, pictures.image_ids(), pictures.labels(), probabilities)


def _scores(predictions: pd.DataFrame) -> dict[str, float]:
    scores = {}
    for split, table in predictions.groupby("split"):
        labels, probabilities = table["label"].to_numpy(), table[probability_columns()].to_numpy()
        scores[f"{split}_accuracy"] = float((probabilities.argmax(axis=1) == labels).mean())
        auc = macro_auc(labels, probabilities)
        if math.isfinite(auc):
            scores[f"{split}_macro_auc"] = auc
    return scores


def _member(records: Path, settings: TrainSettings, chosen: Hyperparameters) -> Member:
    return Member(
        name=settings.member,
        backbone=settings.backbone,
        crop=settings.crop,
        size=settings.size,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        weights=settings.weights,
        hyperparameters=asdict(chosen),
        seed=settings.seed,
        trials=settings.trials,
        records_fingerprint=read_summary(records).fingerprint,
        classes=list(CLASSES),
        versions={name: version(name) for name in _LIBRARIES},
    )
