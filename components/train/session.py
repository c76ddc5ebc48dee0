"""What all trainings of one member share: the data, the place of their states, and how they are prepared."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import keras
import tensorflow as tf

from components.common.records import read_summary
from components.common.taxonomy import SPLITS
from components.train.checkpoints import Checkpoints
from components.train.dataset import Pictures
from components.train.devices import check_batch_size, find_devices
from components.train.fingerprint import training_key
from components.train.hyperparameters import Hyperparameters
from components.train.learner import Learner
from components.train.loop import Trainer
from components.train.settings import TrainSettings
from components.train.termination import Termination
from components.train.trials import Board, carry_out
from components.train.workers import CarryOut


@dataclass(frozen=True)
class Session:
    """The trainings of one member. It can be sent to another process, and opens its files there."""

    records: Path
    settings: TrainSettings
    """With a workspace."""

    @cached_property
    def splits(self) -> Mapping[str, Pictures]:
        """The records of each split; they are read when they are asked for."""
        crop, size = self.settings.crop, self.settings.size
        return {split: Pictures(self.records, split, crop, size) for split in SPLITS}

    def check(self) -> None:
        """Read all records once, before long work starts.

        Raises:
            DataError: they lack the crop, or are damaged, or a split has no images.
        """
        for pictures in self.splits.values():
            pictures.images()
            pictures.image_ids()

    @cached_property
    def checkpoints(self) -> Checkpoints:
        """Where the states lie. Raises StorageError where they cannot be written."""
        return Checkpoints(self.settings.workspace, self.key)

    @cached_property
    def start(self) -> Hyperparameters:
        """The study's settings."""
        return Hyperparameters.published(self.settings.backbone, self.settings.learning_rate)

    @cached_property
    def board(self) -> Board:
        """The search, as it was left."""
        return Board.load(self.checkpoints, self.start, self.settings.seed)

    @property
    def batch_size(self) -> int:
        """Images a step; where there are fewer, as many of them as all branches can share evenly."""
        images, branches = self.splits["train"].images(), self.settings.branches
        enough = images >= self.settings.batch_size
        return self.settings.batch_size if enough else max(images // branches, 1) * branches

    @property
    def key(self) -> str:
        """Of the states, see `fingerprint.training_key`."""
        return training_key(self.settings, read_summary(self.records).fingerprint)

    def trainer(self, termination: Termination) -> Trainer:
        """Build the network, on all devices that this process sees.

        Raises:
            SettingsError: fewer GPUs than asked for; or the weights do not fit.
            StorageError: the weights cannot be read.
        """
        settings = self.settings
        keras.utils.set_random_seed(settings.seed)
        if settings.deterministic:
            tf.config.experimental.enable_op_determinism()
        devices = find_devices(settings.precision, settings.gpus, settings.branches)
        check_batch_size(self.batch_size, devices.gpus, settings.branches)
        learner = Learner(
            backbone=settings.backbone,
            size=settings.size,
            weights=settings.weights,
            batch_size=self.batch_size,
            seed=settings.seed,
            devices=devices,
            xla=settings.xla,
            branches=settings.branches,
        )
        return Trainer(
            name=settings.member,
            learner=learner,
            train=self.splits["train"],
            validation=self.splits["validation"],
            seed=settings.seed,
            checkpoints=self.checkpoints,
            termination=termination,
        )

    def carry_out(self, termination: Termination) -> CarryOut:
        """What carries out trials in this process."""
        return partial(carry_out, self.trainer(termination), epochs=self.settings.trial_epochs)
