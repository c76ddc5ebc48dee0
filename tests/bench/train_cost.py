"""How the cost of a training grows with images and with trials."""

import os
import tempfile
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from tests.bench._records import records_of, write_records
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "train.cost"
SIZE, BATCH = 48, 32
IMAGES = (256, 512, 1024)
TRIALS = (1, 2, 4)
ROUNDS = 3


def run(isic: Path) -> Result:
    """How many times as long an epoch of four times the images takes; the note has the trials and the start-up."""
    paths = sorted((isic / "2019").rglob("*.jpg"))
    if len(paths) < IMAGES[-1]:
        raise SkippedError(f"fewer than {IMAGES[-1]} pictures in {isic}")
    with tempfile.TemporaryDirectory() as folder:
        records = records_of(paths[: IMAGES[-1]], SIZE)
        for images in IMAGES:
            splits = {"train": records[:images], "validation": records[:64], "test": records[:64]}
            write_records(Path(folder, str(images)), SIZE, splits)
        return in_own_process(measure, Path(folder))


def measure(folder: Path) -> Result:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    began = time.monotonic()

    from components.train.loop import Plan
    from components.train.session import Session
    from components.train.settings import TrainSettings
    from components.train.termination import Termination
    from components.train.trials import carry_out, search

    importing = time.monotonic() - began
    settings = TrainSettings(
        member="bench", backbone="EfficientNetB0", crop=SIZE, size=SIZE, batch_size=BATCH, learning_rate=1e-3,
        epochs=2, trials=0, trial_epochs=2, weights="", seed=0, deterministic=False,
    )  # fmt: skip
    epochs, trials, starting = [], [], []
    for images in IMAGES:
        session = Session(folder / str(images), replace(settings, workspace=str(folder / f"work-{images}")))
        began = time.monotonic()
        trainer = session.trainer(Termination())
        building = time.monotonic() - began
        # The first epoch waits for graphs to be traced; the others are what every further one costs.
        history = trainer.run(Plan("cost", session.start, 1 + ROUNDS))
        epochs.append(sorted(epoch.seconds for epoch in history[1:])[ROUNDS // 2])
        starting.append((building, trainer.seconds_starting))
        if images == IMAGES[0]:
            for count in TRIALS:
                began = time.monotonic()
                done = len(session.board.trials)
                search(session.board, partial(carry_out, trainer, epochs=settings.trial_epochs), done + count)
                trials.append(time.monotonic() - began)
    times = ", ".join(f"{images}: {seconds:.1f} s" for images, seconds in zip(IMAGES, epochs, strict=True))
    searches = ", ".join(f"{count}: {seconds:.1f} s" for count, seconds in zip(TRIALS, trials, strict=True))
    return Result(
        NAME,
        "times",
        epochs[-1] / epochs[0],
        f"An epoch of EfficientNetB0 at {SIZE} px with four times the images, in those of one. By images: {times}; "
        f"by trials of two epochs of {IMAGES[0]} images: {searches}. Start-up, once: importing {importing:.1f} s, "
        f"building {starting[0][0]:.1f} s, tracing {starting[0][1]:.1f} s.",
    )
