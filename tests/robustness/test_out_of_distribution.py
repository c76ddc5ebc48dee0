"""How well the score tells pictures apart."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components.robustness.corruptions import CORRUPTIONS, SEVERITIES
from components.robustness.non_lesions import NonLesion
from components.robustness.novelty import Novelty, Stranger
from components.robustness.out_of_distribution import OutOfDistribution, judge_novelty
from components.robustness.tally import conditions

IMAGES = [f"ISIC_{number}" for number in range(30)]
GROUPS = {name: str(number // 2) for number, name in enumerate(IMAGES)}
THRESHOLD = 1.5


def novelty(shift: float, severity_shift: float, things: int = 6) -> Novelty:
    """Normal scores: strangers shifted by so much, corrupted pictures by so much for each severity."""
    random = np.random.default_rng(4)
    picture = np.zeros((8, 8, 3), np.uint8)
    strangers = [
        Stranger(NonLesion(f"thing {number // 5}", picture), float(random.normal(shift)))
        for number in range(5 * things)
    ]
    gathered = Novelty(strangers)
    for condition in conditions():
        severity = condition[1] if condition else 0
        gathered.add(condition, IMAGES, random.normal(severity_shift * severity, size=len(IMAGES)))
    return gathered


@pytest.fixture(scope="module")
def gathered() -> Novelty:
    return novelty(2.0, 0.3)


@pytest.fixture(scope="module")
def found(gathered: Novelty) -> OutOfDistribution:
    return judge_novelty(gathered, GROUPS, THRESHOLD, seed=1)


def area(clean: np.ndarray, others: np.ndarray) -> float:
    labels = np.repeat([0, 1], [len(clean), len(others)])
    return float(roc_auc_score(labels, np.concatenate([clean, others])))


def test_areas_are_those_of_scikit_learn(gathered: Novelty, found: OutOfDistribution) -> None:
    _, scores = gathered.scores()
    strange = np.array([one.score for one in gathered.strangers])
    assert found.non_lesions.auroc.value == pytest.approx(area(scores[None], strange))
    areas = {key: area(scores[None], others) for key, others in scores.items() if key}
    assert found.corrupted.auroc.value == pytest.approx(np.mean(list(areas.values())))
    for corruption in CORRUPTIONS:
        row = [areas[corruption, severity] for severity in SEVERITIES]
        assert found.by_corruption.loc[corruption.name].tolist() == pytest.approx(row)
    assert found.severest.auroc.value == pytest.approx(found.by_corruption[SEVERITIES[-1]].mean())


def test_shares_are_of_scores_above_the_threshold(gathered: Novelty, found: OutOfDistribution) -> None:
    _, scores = gathered.scores()
    strange = np.array([one.score for one in gathered.strangers])
    assert found.clean_flagged.value == pytest.approx((scores[None] > THRESHOLD).mean())
    assert found.non_lesions.flagged.value == pytest.approx((strange > THRESHOLD).mean())
    every = [(others > THRESHOLD).mean() for key, others in scores.items() if key]
    assert found.corrupted.flagged.value == pytest.approx(np.mean(every))


def test_intervals_hold_the_figure_and_are_wider_for_fewer_things() -> None:
    few, many = (judge_novelty(novelty(1.0, 0.1, things), GROUPS, THRESHOLD, seed=1) for things in (6, 60))
    for one in (few, many):
        assert one.non_lesions.auroc.low < one.non_lesions.auroc.value < one.non_lesions.auroc.high
    few_width, many_width = (one.non_lesions.auroc.high - one.non_lesions.auroc.low for one in (few, many))
    assert many_width < few_width


def test_a_score_that_sees_no_difference_has_an_area_of_a_half() -> None:
    found = judge_novelty(novelty(0.0, 0.0, 200), GROUPS, THRESHOLD, seed=1)
    assert found.corrupted.auroc.value == pytest.approx(0.5, abs=0.1)


def test_metrics_are_flat_with_their_intervals(found: OutOfDistribution) -> None:
    metrics = found.metrics()
    assert metrics["non_lesion_auroc"] == found.non_lesions.auroc.value
    assert metrics["severest_auroc_low"] == found.severest.auroc.low
    assert all(math.isfinite(value) for value in metrics.values())
    assert len(metrics) == 21
