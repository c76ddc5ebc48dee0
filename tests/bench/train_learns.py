"""What one member learns from the real sample, from random weights, in minutes on two cores.

It takes most of an hour, so it is run by name only: python -m tests.bench train.learns
"""

import math
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench._real_records import make_records, write_fifth
from tests.bench.harness import Result, SkippedError, in_own_process

NAME = "train.learns"
BY_NAME_ONLY = True

SEEDS = (0, 1, 2)

# Of the preset's three members each has fewer, so that all are trained in half an hour. One alone may take ten minutes.
EPOCHS = 38

# Student's t for a 95% interval of a mean of three.
_T = 4.303


@dataclass(frozen=True)
class Learnt:
    """What came of one training."""

    macro_auc: float
    """Of the network as the preset serves it."""
    without_flips: float
    """Where it sees each picture once."""
    seconds: float
    """Of training, validation after each epoch included."""
    core_seconds: float
    """Of all cores together, in the same time: another program on the machine makes this no longer."""


def run(isic: Path) -> Result:
    """The mean test macro AUC over seeds; each seed has its own random fifth of patients and lesions as test."""
    if not (isic / "2019").is_dir():
        raise SkippedError(f"no real ISIC images in {isic}")
    from components.plan.presets import SAMPLE

    member = SAMPLE.members[0]
    results: dict[float, list[Learnt]] = {1.0: [], 0.0: []}
    with tempfile.TemporaryDirectory() as folder:
        records = make_records(isic, Path(folder), member.crop)
        for seed in SEEDS:
            fifth = Path(folder, f"fifth-{seed}")
            write_fifth(records, Path(folder, "manifest"), member.crop, seed, fifth)
            for weight, learnt in results.items():
                learnt.append(in_own_process(learn, fifth, seed, weight))
                sys.stderr.write(f"seed {seed}, demographics' factor {weight}: {learnt[-1]}\n")
    patient, none = results[1.0], results[0.0]
    return Result(
        NAME,
        "macro AUC",
        statistics.fmean(one.macro_auc for one in patient),
        f"{member.backbone} at {member.size} px, {EPOCHS} epochs of batches of {member.batch_size}, from random "
        f"weights, a random fifth of patients and lesions to test. By seed {_shown(patient)}; without demographics "
        f"{_shown(none)}. Without test-time flips "
        f"{statistics.fmean(one.without_flips for one in patient):.4f}, without demographics "
        f"{statistics.fmean(one.without_flips for one in none):.4f}. At most "
        f"{max(one.seconds for one in patient + none) / 60:.1f} minutes and "
        f"{max(one.core_seconds for one in patient + none):.0f} seconds of a core each.",
    )


def learn(records: Path, seed: int, demographics_weight: float) -> Learnt:
    """Train the first member of preset sample for longer, with its own settings otherwise and without a search."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from dataclasses import replace

    import tensorflow as tf

    from components.common.scores import macro_auc
    from components.plan.presets import SAMPLE
    from components.train.learner import answer_all
    from components.train.loop import Plan
    from components.train.session import Session
    from components.train.settings import TrainSettings
    from components.train.termination import Termination

    member = SAMPLE.members[0]
    with tempfile.TemporaryDirectory() as workspace:
        settings = TrainSettings(
            member=member.name, backbone=member.backbone, crop=member.crop, size=member.size,
            batch_size=member.batch_size, learning_rate=member.learning_rate, epochs=EPOCHS, trials=0,
            trial_epochs=1, weights="", seed=seed, deterministic=False, branches=SAMPLE.branches, workspace=workspace,
        )  # fmt: skip
        session = Session(records, settings)
        trainer = session.trainer(Termination())
        hyperparameters = replace(session.start, demographics_weight=demographics_weight)
        began = time.process_time()
        history = trainer.run(Plan("learn", hyperparameters, settings.epochs))
        core_seconds = time.process_time() - began
    test, scores = session.splits["test"], []
    for flips in (SAMPLE.test_time_flips, False):
        answer = tf.function(trainer.learner.export(flips=flips))
        scores.append(macro_auc(test.labels(), answer_all(answer, test.dataset(), member.batch_size)))
    return Learnt(
        *scores,
        sum(epoch.seconds for epoch in history),
        core_seconds,
    )


def _shown(learnt: list[Learnt]) -> str:
    values = [one.macro_auc for one in learnt]
    half = _T * statistics.stdev(values) / math.sqrt(len(values))
    listed = ", ".join(f"{value:.4f}" for value in values)
    return f"{listed}: mean {statistics.fmean(values):.4f} (95% {min(1, half):.4f} each way)"
