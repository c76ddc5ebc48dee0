"""What was tried and what is being tried."""

from pathlib import Path

import pytest

from components.train.checkpoints import Checkpoints
from components.train.hyperparameters import Hyperparameters
from components.train.search import Trial
from components.train.trials import Assignment, Board, search

START = Hyperparameters.published("EfficientNetB0", 1e-3)


def board(folder: Path) -> Board:
    return Board.load(Checkpoints(str(folder), "key"), START, seed=0)


def done(assignment: Assignment) -> Trial:
    """Small rates are good."""
    objective = 0.9 - assignment.hyperparameters.learning_rate
    return Trial(assignment.number, assignment.hyperparameters, (objective,), "finished", 1.0)


def test_the_first_trial_is_the_start_and_knows_of_no_others(tmp_path: Path) -> None:
    first = board(tmp_path).next()
    assert (first.number, first.hyperparameters, first.others) == (1, START, ())
    assert first.what == "trial-001"


def test_a_search_that_is_cut_off_goes_on_as_if_it_had_not_been(tmp_path: Path) -> None:
    expected = search(board(tmp_path / "whole"), done, 6)
    for count in (1, 3, 4, 6):
        search(board(tmp_path / "cut"), done, count)
    assert board(tmp_path / "cut").trials == expected


def test_a_trial_that_was_begun_is_taken_up_with_the_same_settings(tmp_path: Path) -> None:
    search(board(tmp_path), done, 2)
    begun = board(tmp_path).next()
    assert board(tmp_path).next() == begun
    assert begun.number == 3


def test_trials_that_run_at_once_differ(tmp_path: Path) -> None:
    one = board(tmp_path)
    running = [one.next().number]
    while len(running) < 4:
        running.append(one.next(running).number)
    assert running == [1, 2, 3, 4]
    assert len(set(one.begun.values())) == 4


def test_trials_that_end_out_of_order_are_listed_in_order(tmp_path: Path) -> None:
    one = board(tmp_path)
    first, second = one.next(), one.next([1])
    one.end(done(second))
    one.end(done(first))
    assert [trial.number for trial in board(tmp_path).trials] == [1, 2]


def test_an_ended_trial_leaves_no_state_behind(tmp_path: Path) -> None:
    one = board(tmp_path)
    first = one.next()
    one.checkpoints.save(first.what, one.checkpoints.load("search"))  # type: ignore[arg-type]
    one.end(done(first))
    assert one.checkpoints.load(first.what) is None


@pytest.mark.parametrize("trials", [0, 1])
def test_as_many_trials_are_carried_out_as_were_asked_for(tmp_path: Path, trials: int) -> None:
    assert len(search(board(tmp_path), done, trials)) == trials
