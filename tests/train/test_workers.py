"""Trials that run at once, in real processes."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from components.common.errors import DataError, TrainingError
from components.train.checkpoints import Checkpoints
from components.train.hyperparameters import Hyperparameters
from components.train.search import Trial
from components.train.termination import TerminatedError, Termination
from components.train.trials import Assignment, Board
from components.train.workers import CarryOut, search_in_parallel

START = Hyperparameters.published("EfficientNetB0", 1e-3)


def note(folder: Path, assignment: Assignment) -> Trial:
    """Leaves a file that says which process carried it out, seeing which GPU."""
    (folder / assignment.what).write_text(f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES', 'all')}")
    time.sleep(0.5)
    return Trial(assignment.number, assignment.hyperparameters, (0.7,), "finished", 0.5)


def noting(folder: Path, _: Termination) -> CarryOut:
    return partial(note, folder)


def wait_to_stop(folder: Path, termination: Termination, assignment: Assignment) -> Trial:
    (folder / f"started-{assignment.number}").touch()
    with termination:
        while not termination.requested:
            time.sleep(0.01)
    (folder / f"saved-{assignment.number}").touch()
    raise TerminatedError("saved")


def waiting(folder: Path, termination: Termination) -> CarryOut:
    return partial(wait_to_stop, folder, termination)


def refuse(_: Assignment) -> Trial:
    raise DataError("no such records")


def refusing(_: Termination) -> CarryOut:
    return refuse


def die(_: Assignment) -> Trial:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def dying(_: Termination) -> CarryOut:
    return die


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.load(Checkpoints(str(tmp_path / "work"), "key"), START, seed=0)


def test_trials_are_carried_out_at_once_each_by_a_process_that_sees_one_gpu(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)  # some libraries set it when they are imported
    trials = search_in_parallel(board, partial(noting, tmp_path), 5, workers=2, gpus=2, termination=Termination())
    assert [trial.number for trial in trials] == [1, 2, 3, 4, 5]
    assert len({trial.hyperparameters for trial in trials}) == 5
    notes = {file.read_text() for file in tmp_path.glob("trial-*")}
    assert len(notes) == 2
    assert {note.split()[1] for note in notes} == {"0", "1"}


def test_what_a_worker_raises_is_raised_here(board: Board) -> None:
    with pytest.raises(DataError, match="no such records"):
        search_in_parallel(board, refusing, 1, workers=1, gpus=0, termination=Termination())


def test_a_worker_that_dies_is_told_of_and_its_trial_stays_begun(board: Board) -> None:
    with pytest.raises(TrainingError, match="the process of trial 1 ended with status -9"):
        search_in_parallel(board, dying, 1, workers=1, gpus=0, termination=Termination())
    assert list(board.begun) == [1]


def test_told_to_stop_the_workers_save_first(board: Board, tmp_path: Path) -> None:
    termination = Termination()

    def stop() -> None:
        while len(list(tmp_path.glob("started-*"))) < 2:
            time.sleep(0.01)
        termination.request()

    threading.Thread(target=stop).start()
    with pytest.raises(TerminatedError):
        search_in_parallel(board, partial(waiting, tmp_path), 4, workers=2, gpus=0, termination=termination)
    assert len(list(tmp_path.glob("saved-*"))) == 2


def no_cuda(_: Termination) -> CarryOut:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError


def test_a_worker_that_dies_before_it_takes_a_trial_is_told_of(board: Board) -> None:
    with pytest.raises(TrainingError, match="the process of trial 1 ended with status -9"):
        search_in_parallel(board, no_cuda, 1, workers=1, gpus=0, termination=Termination())
