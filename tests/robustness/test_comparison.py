"""The ensemble against its members."""

import numpy as np
import pytest

from components.robustness.comparison import compare
from components.robustness.tally import Answers

IMAGES = 300
NAMES = ["ensemble", "same", "worse"]


def answers(seed: int = 0) -> Answers:
    """The second model errs as the first does, the third always a little more."""
    random = np.random.default_rng(seed)
    first = random.uniform(0.2, 0.5, IMAGES)
    errors = np.stack([first, first, first + 0.1], axis=1)
    clean = (random.random((IMAGES, 1)) < 0.2) * np.ones((1, 3))
    return Answers([f"{number:03d}" for number in range(IMAGES)], np.arange(IMAGES) % 5, clean, errors)


def groups(each: int) -> dict[str, str]:
    return {f"{number:03d}": f"patient {number // each}" for number in range(IMAGES)}


def test_the_mean_is_over_classes_of_the_means_over_their_images() -> None:
    given = answers()
    found = compare(given, groups(1), NAMES, 0)
    of_class = [given.errors[given.labels == label].mean(axis=0) for label in range(5)]
    assert [model.corrupted.value for model in found] == pytest.approx(np.mean(of_class, axis=0).tolist())
    assert found[0].rise.value == pytest.approx(found[0].corrupted.value - found[0].clean.value)


def test_models_that_err_alike_differ_in_no_resample() -> None:
    same = compare(answers(), groups(1), NAMES, 0)[1]
    assert str(same.more) == "0.000 (no interval)"


def test_a_steady_difference_is_told_apart_though_the_errors_intervals_overlap() -> None:
    ensemble, _, worse = compare(answers(), groups(1), NAMES, 0)
    assert (worse.more.value, worse.more.low, worse.more.high) == pytest.approx((0.1, 0.1, 0.1))
    assert worse.more_rise.low > 0.09
    assert ensemble.clean.high - ensemble.clean.low > 0.05


def test_an_interval_holds_its_figure_and_is_wider_where_images_come_in_groups() -> None:
    """Patients whose images are all alike tell no more than one image of each."""
    given = answers()
    alike = Answers(given.image_ids, given.labels, np.repeat(given.clean_errors[::5], 5, axis=0), given.errors)
    apart, together = (compare(alike, groups(each), NAMES, 0)[0].clean for each in (1, 5))
    assert apart.low < apart.value < apart.high
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_the_same_seed_gives_the_same_intervals() -> None:
    assert compare(answers(), groups(2), NAMES, 4) == compare(answers(), groups(2), NAMES, 4)
    assert compare(answers(), groups(2), NAMES, 4) != compare(answers(), groups(2), NAMES, 5)
