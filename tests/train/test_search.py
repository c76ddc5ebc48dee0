"""The search, on a function whose best point is known."""

import json
import math
import statistics
from dataclasses import replace

import pytest
from skopt.space import Space

from components.common.errors import DataError
from components.train.hyperparameters import Hyperparameters
from components.train.search import Trial, best, hopeless, propose, trial_table
from components.train.space import from_point, point, space

START = Hyperparameters.published("EfficientNetB4", 1e-3)


def score(at: Hyperparameters) -> float:
    """Best at a rate of 3e-3 and a dropout of 0.1, with "mix"."""
    rate = math.log10(at.learning_rate / 3e-3)
    return 0.9 - 0.1 * rate**2 - (at.dropout - 0.1) ** 2 - 0.05 * (at.augmentation != "mix")


def trial(number: int, at: Hyperparameters, *, outcome: str = "finished") -> Trial:
    return Trial(number, at, (score(at) - 0.1, score(at)), outcome, 1.5)


def search(trials: int, seed: int = 0, done: tuple[Trial, ...] = ()) -> list[Trial]:
    """One trial after the other, going on from those done."""
    ended = list(done)
    while len(ended) < trials:
        ended.append(trial(len(ended) + 1, propose(START, ended, [], seed=seed)))
    return ended


def through_json(trials: list[Trial]) -> list[Trial]:
    return [Trial.from_json(value) for value in json.loads(json.dumps([trial.to_json() for trial in trials]))]


# What is tried.


def test_the_published_settings_come_first() -> None:
    assert propose(START, [], [], seed=0) == START


def test_all_points_lie_in_the_space_and_are_canonical() -> None:
    for each in search(12):
        assert point(each.hyperparameters) in Space(space(1e-3))
        assert each.hyperparameters == each.hyperparameters.canonical()


def test_no_training_is_done_twice() -> None:
    tried = [each.hyperparameters for each in search(12)]
    assert len(set(tried)) == len(tried)


def test_the_same_seed_gives_the_same_trials_and_another_others() -> None:
    assert search(8) == search(8)
    assert search(8) != search(8, seed=1)


@pytest.mark.parametrize("killed_after", [1, 3, 6, 9])
def test_a_search_that_was_killed_goes_on_as_it_would_have(killed_after: int) -> None:
    uninterrupted = search(10)
    kept = through_json(uninterrupted[:killed_after])
    assert search(10, done=tuple(kept)) == uninterrupted


def test_the_order_in_which_trials_ended_does_not_matter() -> None:
    ended = search(8)
    under_way = [replace(START, dropout=0.1), replace(START, dropout=0.3)]
    assert propose(START, ended[::-1], under_way[::-1], seed=0) == propose(START, ended, under_way, seed=0)


def test_proposing_leaves_its_arguments_as_they_are() -> None:
    dimensions = space(1e-3)
    ended, before = search(6), [dimension.transform_ for dimension in dimensions]
    assert propose(START, ended, [], seed=0, dimensions=dimensions) == propose(START, ended, [], seed=0)
    assert [dimension.transform_ for dimension in dimensions] == before
    assert ended == search(6)


@pytest.mark.parametrize("ended", [0, 2, 8])
def test_trials_that_run_at_once_differ(ended: int) -> None:
    trials, under_way = search(ended), []
    for _ in range(6):
        under_way.append(propose(START, trials, under_way, seed=0))
    tried = {*(each.hyperparameters for each in trials), *under_way}
    assert len(tried) == ended + 6


def test_what_is_under_way_changes_what_is_proposed_next() -> None:
    trials = search(8)
    alone = propose(START, trials, [], seed=0)
    beside = propose(START, trials, [alone], seed=0)
    assert beside != alone


def test_a_trial_that_was_lost_between_others_is_done_again() -> None:
    trials = search(4)
    kept = [trials[0], trials[2], trials[3]]
    assert propose(START, kept, [], seed=0) == trials[1].hyperparameters


def test_strengths_of_no_consequence_are_of_none_to_the_search() -> None:
    trials = search(7)
    flips = replace(START, augmentation="flips", augmentation_strength=0.0)
    same = replace(START, augmentation="flips", augmentation_strength=0.9)
    assert propose(START, trials, [flips], seed=0) == propose(START, trials, [same], seed=0)


def test_a_failed_trial_does_not_stop_the_search() -> None:
    trials = search(6)
    trials[3] = Trial(4, trials[3].hyperparameters, (), "failed", 1.0)
    assert propose(START, trials, [], seed=0) not in [each.hyperparameters for each in trials]


def test_points_are_plain_numbers() -> None:
    for each in search(7):
        json.dumps(each.to_json())
        assert [type(value) for value in point(each.hyperparameters)] == [type(value) for value in point(START)]


def test_the_search_beats_random_points() -> None:
    def regret(points: list[Hyperparameters]) -> float:
        return 0.9 - max(score(at) for at in points)

    ours = [regret([each.hyperparameters for each in search(16, seed)]) for seed in range(5)]
    drawn = [regret([from_point(at) for at in Space(space(1e-3)).rvs(15, random_state=seed)]) for seed in range(50)]
    assert statistics.median(ours) < statistics.median(drawn) / 2


# A trial.


def test_the_objective_is_the_last_value() -> None:
    assert Trial(1, START, (0.7, 0.9, 0.8), "finished", 1.0).objective == 0.8
    assert Trial(1, START, (0.7, 0.6), "stopped", 1.0).objective == 0.6


def test_a_failed_trial_counts_as_guessing() -> None:
    assert Trial(1, START, (0.7,), "failed", 1.0).objective == 0.5
    assert Trial(1, START, (), "failed", 1.0).objective == 0.5


def test_trials_survive_json_to_the_last_digit() -> None:
    trials = [Trial(1, START, (1 / 3, 0.1 + 0.2), "finished", 0.1), Trial(2, START, (), "failed", 2.0)]
    assert through_json(trials) == trials


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"outcome": "won"}, "trial 1 has the outcome 'won', not one of finished, stopped, failed"),
        ({"objectives": []}, "trial 1 is finished but has no objectives; only a failed one may"),
        ({"hyperparameters": {"rate": 1.0}}, "no trial of this version: "),
        ({"place": 1}, "no trial of this version: "),
    ],
)
def test_what_is_no_trial_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(DataError) as error:
        Trial.from_json({**trial(1, START).to_json(), **change})
    assert str(error.value).startswith(message)


# The median rule.


def others(*objectives: tuple[float, ...]) -> list[Trial]:
    return [Trial(number, START, values, "finished", 1.0) for number, values in enumerate(objectives, start=1)]


GOOD = others((0.6, 0.8, 0.9), (0.6, 0.7, 0.8), (0.5, 0.7, 0.9))  # running averages after two epochs: 0.7, 0.65, 0.6


def test_a_trial_below_the_median_of_the_running_averages_is_hopeless() -> None:
    assert hopeless((0.5, 0.64), GOOD)


def test_a_trial_at_the_median_goes_on() -> None:
    exact = others((0.5, 0.75), (0.5, 0.5), (0.75, 0.75))  # 0.625, 0.5, 0.75
    assert not hopeless((0.5, 0.625), exact)
    assert hopeless((0.5, 0.624), exact)


def test_a_trial_is_judged_by_its_best_epoch() -> None:
    assert not hopeless((0.7, 0.2), GOOD)


def test_no_trial_is_stopped_in_the_first_epoch() -> None:
    assert not hopeless((0.1,), GOOD)
    assert not hopeless((), GOOD)


def test_two_others_are_too_few() -> None:
    assert not hopeless((0.1, 0.1), GOOD[:2])


def test_only_trials_that_got_that_far_count() -> None:
    early = others((0.6,), (0.6, 0.8), (0.6, 0.8))
    assert not hopeless((0.1, 0.1), early)
    assert hopeless((0.1, 0.1), [*early, *GOOD[:1]])


# What comes of it.


def test_the_best_is_the_best_finished_trial() -> None:
    low, high = replace(START, dropout=0.2), replace(START, dropout=0.1)
    trials = [trial(1, low), trial(2, high), trial(3, replace(high, augmentation="mix"), outcome="stopped")]
    assert best(START, trials) == high


def test_the_earlier_of_equals_is_the_best() -> None:
    one, two = replace(START, label_smoothing=0.1), replace(START, label_smoothing=0.2)
    assert best(START, [trial(2, two), trial(1, one)]) == one


def test_without_finished_trials_the_start_is_kept() -> None:
    assert best(START, []) == START
    assert best(START, [Trial(1, replace(START, dropout=0.1), (), "failed", 1.0)]) == START


def test_the_table_has_a_row_a_trial_in_their_order() -> None:
    table = trial_table([trial(2, replace(START, dropout=0.1)), trial(1, START)])
    assert list(table.columns) == [
        "trial",
        *Hyperparameters.__dataclass_fields__,
        "outcome",
        "epochs",
        "validation_macro_auc",
        "best_so_far",
        "seconds",
    ]
    assert list(table["trial"]) == [1, 2]
    assert list(table["epochs"]) == [2, 2]
    assert list(table["dropout"]) == [0.4, 0.1]


def test_the_best_so_far_is_of_finished_trials_only() -> None:
    ends = [("failed", 0.5), ("finished", 0.7), ("stopped", 0.9), ("finished", 0.6), ("finished", 0.8)]
    trials = [Trial(number, START, (value,), outcome, 1.0) for number, (outcome, value) in enumerate(ends, start=1)]
    so_far = trial_table(trials)["best_so_far"]
    assert math.isnan(so_far[0])
    assert list(so_far[1:]) == [0.7, 0.7, 0.7, 0.8]


def test_the_table_of_no_trials_is_empty() -> None:
    assert trial_table([]).empty
