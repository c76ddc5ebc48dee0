"""A training step against a bare `model.fit` on tensors in memory, and the input pipeline against the step."""

import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench._records import records_of, write_records
from tests.bench.harness import Result, SkippedError, in_own_process, in_turns

NAME = "train.step"
SIZE, BATCH = 96, 32
IMAGES = 320
ROUNDS = 5
BRANCHES = 2


def run(isic: Path) -> Result:
    """Images a second of the step alone; the note says what it makes of the records, and how long it waits for them."""
    paths = sorted((isic / "2019").rglob("*.jpg"))
    if len(paths) < IMAGES:
        raise SkippedError(f"fewer than {IMAGES} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        write_records(Path(folder), SIZE, {"train": records_of(paths[:IMAGES], SIZE)})
        measured = in_own_process(measure, Path(folder))
        branched = in_own_process(step_in_branches, Path(folder))
    note = f"{measured.note} With the batch in {BRANCHES} branches the step takes {branched:.0f} images/s."
    return replace(measured, note=note)


def measure(records: Path) -> Result:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf

    from components.train.hyperparameters import Hyperparameters
    from components.train.network import build_network

    hyperparameters = Hyperparameters.published("EfficientNetB0", 1e-3)
    learner, batches = _learner(records)
    in_memory = list(batches.epoch(0))
    bare = build_network("EfficientNetB0", SIZE, dropout=lambda: keras.layers.Dropout(hyperparameters.dropout))
    bare.compile(keras.optimizers.Adam(1e-3), "categorical_crossentropy", metrics=["accuracy"])
    inputs = {name: tf.concat([batch[0][name] for batch in in_memory], 0) for name in in_memory[0][0]}
    targets = tf.concat([batch[1] for batch in in_memory], 0)

    def ours() -> None:
        _steps(learner, in_memory)

    def peer() -> None:
        bare.fit(inputs, targets, batch_size=BATCH, shuffle=False, verbose=0)

    passes = iter(range(1, 1000))

    def from_records() -> None:
        _steps(learner, batches.epoch(next(passes)))

    def loading() -> None:
        for _ in batches.epoch(next(passes)):
            pass

    works = (ours, peer, from_records, loading)
    for work in works:  # graphs are traced, and the decoded pictures are in memory
        work()
    step, fit, fed, load = (batches.steps * BATCH / seconds for seconds in in_turns(works, ROUNDS))
    return Result(
        NAME,
        "images/s",
        step,
        f"EfficientNetB0 at {SIZE} px, batches of {BATCH} in memory. Fed from records, augmented meanwhile on the same "
        f"cores: {fed:.0f} images/s; the input pipeline by itself gives {load:.0f} images/s, {load / step:.1f} times "
        "what the step takes.",
        "model.fit",
        fit,
        step / fit,
    )


def step_in_branches(records: Path) -> float:
    """Images a second of the step alone, its batch in branches; in a process whose threads are shared out so."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    learner, batches = _learner(records, BRANCHES)
    in_memory = list(batches.epoch(0))
    _steps(learner, in_memory)
    (seconds,) = in_turns((lambda: _steps(learner, in_memory),), ROUNDS)
    return batches.steps * BATCH / seconds


def _learner(records: Path, branches: int = 1) -> tuple[Any, Any]:
    """A learner, and the batches of the records."""
    from components.train.dataset import Pictures, TrainingBatches
    from components.train.devices import find_devices
    from components.train.hyperparameters import Hyperparameters
    from components.train.learner import Learner

    hyperparameters = Hyperparameters.published("EfficientNetB0", 1e-3)
    learner = Learner(
        backbone="EfficientNetB0",
        size=SIZE,
        weights="",
        batch_size=BATCH,
        seed=0,
        devices=find_devices("auto", 0, branches),
        branches=branches,
    )
    learner.reset(hyperparameters)
    pictures = Pictures(records, "train", SIZE, SIZE)
    return learner, TrainingBatches(pictures, hyperparameters, batch_size=BATCH, seed=0)


def _steps(learner: Any, batches: Iterable[Any]) -> None:
    """Train on all batches, and wait for the last."""
    for batch in batches:
        figures = learner.train(batch, 1e-3)
    figures.numpy()
