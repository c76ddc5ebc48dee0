"""Runs of the stage that are killed: the next one goes on, and what comes out is what an undisturbed run gives."""

import logging
import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pandas as pd
import pytest

from components.common.files import read_json
from tests.gcs import emulated_bucket
from tests.stage_process import start
from tests.train.arguments import OUTPUTS, stage_arguments

log = logging.getLogger(__name__)

pytestmark = pytest.mark.timeout(3000)

TRIALS, TRIAL_EPOCHS, EPOCHS, STEPS = 2, 2, 4, 2
EPOCH = r"epoch \d+ of \d+ in"
EPOCHS_IN_ALL = TRIALS * TRIAL_EPOCHS + EPOCHS


@dataclass(frozen=True)
class Job:
    """One training, with its outputs, its workspace and its log."""

    records: Path
    folder: Path
    workspace: str

    @property
    def log(self) -> Path:
        return self.folder / "log"

    def start(self) -> Any:
        self.folder.mkdir(exist_ok=True)
        settings = {"epochs": EPOCHS, "trials": TRIALS, "trial_epochs": TRIAL_EPOCHS, "workspace": self.workspace}
        return start("train", stage_arguments(self.records, self.folder / "out", **settings), self.log)

    def finish(self) -> None:
        process = self.start()
        process.join()
        assert process.exitcode == 0, self.log.read_text()

    def lines(self, pattern: str) -> list[Any]:
        return re.findall(pattern, self.log.read_text()) if self.log.exists() else []

    @property
    def states(self) -> dict[str, int]:
        """The newest state of each training that is kept here."""
        files = Path(self.workspace).glob("train/*/*/[0-9]*.state")
        return {file.parent.name: int(file.stem) for file in sorted(files)}

    @cached_property
    def result(self) -> "Result":
        return Result(self.folder / "out")


class Result:
    """What a training has written."""

    def __init__(self, out: Path) -> None:
        assert {path.name for path in out.iterdir()} == {*OUTPUTS, "executor_output.json"}
        self.predictions = pd.read_parquet(out / "predictions")
        self.trials = pd.read_csv(out / "trial_table").drop(columns="seconds")
        metrics = read_json(out / "metrics")
        self.metrics = {name: value for name, value in metrics.items() if not re.search("second|wait|resumed", name)}
        self.weights = keras.saving.load_model(out / "model" / "model.keras").get_weights()

    def assert_equals(self, other: "Result") -> None:
        pd.testing.assert_frame_equal(self.predictions, other.predictions)
        pd.testing.assert_frame_equal(self.trials, other.trials)
        assert self.metrics == other.metrics
        for one, same in zip(self.weights, other.weights, strict=True):
            np.testing.assert_array_equal(one, same)


@pytest.fixture(scope="module")
def undisturbed(records: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    folder = tmp_path_factory.mktemp("undisturbed")
    job = Job(records, folder / "run", str(folder / "work"))
    job.finish()
    return job


def assert_went_on(job: Job, undisturbed: Job, kills: int) -> None:
    """No finished trial was repeated, no kill cost more than an epoch, and the result is the undisturbed one's."""
    ended = Counter(job.lines(r"(trial \d+) (?:finished|stopped|failed)"))
    assert set(ended) == {f"trial {number}" for number in range(1, TRIALS + 1)}
    # A trial is told of before it is written down: a kill between the two costs its last epoch, no more.
    assert sum(ended.values()) <= TRIALS + kills
    assert len(job.lines(EPOCH)) <= EPOCHS_IN_ALL + kills
    job.result.assert_equals(undisturbed.result)


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_random_moments_it_loses_no_more_than_an_epoch_each_time(
    undisturbed: Job, tmp_path: Path, kills: int
) -> None:
    moments, killed, of_this_job = random.Random(kills), 0, 0
    job = Job(undisturbed.records, tmp_path / "killed", str(tmp_path / "work"))
    while killed < kills:
        before, epochs = job.states, len(job.lines(EPOCH))
        process = job.start()
        _wait(job, process, EPOCH, epochs + moments.choice([0, 1, 1, 2]))
        process.join(moments.uniform(0, 2))
        process.kill()
        process.join()
        after = job.states
        log.info("kill %d: states before %s, after %s; status %s", killed + 1, before, after, process.exitcode)
        assert all(after[what] >= before[what] for what in before.keys() & after.keys())
        if process.exitcode == 0:  # it was done before the kill: on with another
            assert_went_on(job, undisturbed, of_this_job)
            job = Job(job.records, tmp_path / f"killed-{killed}", str(tmp_path / f"work-{killed}"))
            of_this_job = 0
        else:
            killed, of_this_job = killed + 1, of_this_job + 1
    job.finish()
    assert_went_on(job, undisturbed, of_this_job)


def _wait(job: Job, process: Any, pattern: str, times: int) -> None:
    """Until the log has so many such lines, or the process has ended."""
    while process.is_alive() and len(job.lines(pattern)) < times:
        time.sleep(0.01)


def _run_until(job: Job, pattern: str) -> Any:
    """Start it, and wait until its log says so."""
    process = job.start()
    _wait(job, process, pattern, 1)
    assert process.is_alive(), job.log.read_text()
    return process


def test_told_to_stop_it_saves_at_once_and_loses_nothing(undisturbed: Job, tmp_path: Path) -> None:
    job = Job(undisturbed.records, tmp_path / "stopped", str(tmp_path / "work"))
    process = _run_until(job, r"final: epoch 2 of")
    process.terminate()
    process.join(30)
    assert process.exitcode == 1
    (stopped,) = job.lines(r"TerminatedError: tiny, final: told to stop after step (\d+), and saved")
    assert job.states["final"] == int(stopped) >= 2 * STEPS
    job.finish()
    assert job.lines(r"final: goes on after step (\d+)") == [stopped]
    assert len(job.lines(EPOCH)) == EPOCHS_IN_ALL
    assert_went_on(job, undisturbed, 0)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", ["predicting train", "final: epoch 4 of 4", "trial 1 finished"])
def test_killed_between_trainings_or_while_saving_it_ends_with_a_whole_model(
    undisturbed: Job, tmp_path: Path, pattern: str
) -> None:
    job = Job(undisturbed.records, tmp_path / "killed", str(tmp_path / "work"))
    process = _run_until(job, pattern)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    job.finish()
    assert_went_on(job, undisturbed, 1)


@pytest.mark.slow
def test_of_a_half_written_state_the_one_before_it_is_used(undisturbed: Job, tmp_path: Path) -> None:
    job = Job(undisturbed.records, tmp_path / "killed", str(tmp_path / "work"))
    process = _run_until(job, r"final: epoch 3 of")
    process.kill()
    process.join()
    newest = max(Path(job.workspace).glob("train/*/final/*.state"))
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    job.finish()
    assert job.lines("is of no use, the one before it is taken")
    assert_went_on(job, undisturbed, 2)


@pytest.mark.slow
def test_a_workspace_in_a_bucket_does_the_same(undisturbed: Job, tmp_path: Path) -> None:
    with emulated_bucket({}) as bucket:
        job = Job(undisturbed.records, tmp_path / "killed", f"{bucket}/work")
        process = _run_until(job, "final: epoch 1 of 4")
        process.kill()
        process.join()
        job.finish()
    assert job.lines("final: goes on after step")
    assert_went_on(job, undisturbed, 1)


def test_a_finished_training_is_not_trained_again_on_the_same_data_from_another_place(
    undisturbed: Job, tmp_path: Path
) -> None:
    """A scheduled retraining reads its data again, so KFP's cache does not know it; if nothing has changed, this does.

    So does a pod that goes away after its process has ended, while KFP uploads its outputs, and is started again.
    """
    elsewhere = shutil.copytree(undisturbed.records, tmp_path / "elsewhere")
    again = Job(elsewhere, tmp_path / "again", undisturbed.workspace)
    again.finish()
    assert again.lines(EPOCH) == []
    assert again.lines(r"trial \d+ (?:finished|stopped|failed)") == []
    assert again.lines(f"nothing was to be trained: all {TRIALS} trials and {EPOCHS} epochs were done before")
    metrics = read_json(tmp_path / "again" / "out" / "metrics")
    assert (metrics["resumed_trials"], metrics["resumed_epochs"]) == (TRIALS, EPOCHS)
    again.result.assert_equals(undisturbed.result)
