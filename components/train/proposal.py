"""Where to look next in a space: at the start and around it, then where a Gaussian process expects the most.

Pure functions of what was tried so far, for any space of scikit-optimize; values are better the larger they are.
"""

import copy
import math
import warnings
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import log_ndtr
from skopt.sampler import Sobol
from skopt.space import Dimension, Space

from components.train.space import Point, plain
from components.train.surrogate import Surrogate, blocks_of, categorical_columns, column_counts, normalized

# Points after the start that are tried before the Gaussian process has enough to go on.
INITIAL_POINTS = 4

# Candidates drawn from the whole space; around each of the best points; and around the best candidate, in rounds of
# ever smaller steps (in lengths of a dimension).
_ANYWHERE = 400
_NEARBY = 40
_BEST_POINTS = 3
_STEPS = (0.1, 0.05, 0.02)


def propose_point(
    dimensions: Sequence[Dimension],
    start: Point,
    points: Sequence[Point],
    values: Sequence[float],
    pending: Sequence[Point] = (),
    *,
    seed: int,
    canonical: Callable[[Point], Point] = list,
    blocks: Sequence[int] | None = None,
) -> Point:
    """The next point to try: the start, a few around it, then the most promising by a Gaussian process.

    Args:
        dimensions: the space.
        start: a point of it.
        points: those tried, canonical, in the order of the search.
        values: of the points, finite.
        pending: points under way, canonical, in any order.
        seed: of the whole search.
        canonical: gives, of all points that mean the same, the one to use.
        blocks: see `space.BLOCKS`; by default each dimension is one.

    Returns:
        A canonical point, of plain numbers and names; another one than all of `points` and `pending`, unless the space
        is so small that none is left.
    """
    known, number = [*points, *pending], len(points) + len(pending) + 1
    if number <= 1 + INITIAL_POINTS or not points:
        planned = [start, *initial_design(dimensions, start, max(INITIAL_POINTS, number - 1), seed, blocks)]
        # By membership, not by number: a trial that was lost between others is done again.
        untried = [point for point in map(canonical, planned) if point not in known]
        if untried or not points:
            return (untried or planned)[0]
    surrogate, told = Surrogate(dimensions, points, values, blocks=blocks), [*points, *sorted(pending)]
    if pending:
        # What is under way is told as having given what is expected of it ("Kriging believer", Ginsbourger et al. 2010,
        # "Kriging is well-suited to parallelize optimization"), so that the next point is sought elsewhere. With four
        # trials at once, the same lie for all (the mean, largest or least value so far) did worse.
        lies = surrogate.predict(told[len(points) :])[0]
        surrogate = Surrogate(dimensions, told, [*values, *lies.tolist()], blocks=blocks)
    return _most_promising(surrogate, normalized(dimensions), told, _random(seed, number), canonical)


def initial_design(
    dimensions: Sequence[Dimension], start: Point, count: int, seed: int, blocks: Sequence[int] | None = None
) -> list[Point]:
    """Points with half of the start's values, every second one with the other half; the rest is a Sobol sequence.

    The start is somebody's good choice, and a point that differs from it in everything says little about anything.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the sequence is even for powers of two only; it is near enough
        spread = Sobol().generate(copy.deepcopy(list(dimensions)), count, random_state=seed)
    block, random = blocks_of(dimensions, blocks), np.random.RandomState(seed)
    halves = [random.permutation(block.max() + 1) % 2 == 0 for _ in range((count + 1) // 2)]
    changes = [change[block] for half in halves for change in (half, ~half)][:count]
    return [
        plain(new if changed else old for old, new, changed in zip(start, there, change, strict=True))
        for there, change in zip(spread, changes, strict=True)
    ]


def _most_promising(
    surrogate: Surrogate,
    space: Space,
    told: Sequence[Point],
    random: np.random.RandomState,
    canonical: Callable[[Point], Point],
) -> Point:
    """The untried point of the largest expected improvement on what is expected of the best one told."""
    expected = surrogate.predict(told)[0]
    tried = {tuple(point) for point in told}

    def best_of(candidates: list[Point]) -> Point:
        allowed = [canonical(point) for point in candidates]
        fresh = [point for point in allowed if tuple(point) not in tried] or allowed
        return fresh[int(np.argmax(_log_expected_improvement(*surrogate.predict(fresh), float(expected.max()))))]

    candidates = _anywhere(space, random)
    for index in np.argsort(-expected, kind="stable")[:_BEST_POINTS]:
        candidates += _around(space, told[index], _STEPS[0], random)
    chosen = best_of(candidates)
    for step in _STEPS:
        chosen = best_of([chosen, *_around(space, chosen, step, random)])
    return chosen


def _random(seed: int, number: int) -> np.random.RandomState:
    """Another generator for each trial of each search."""
    return np.random.RandomState(np.random.SeedSequence([seed, number]).generate_state(1))


def _anywhere(space: Space, random: np.random.RandomState) -> list[Point]:
    return _points(space, random.random_sample((_ANYWHERE, space.transformed_n_dims)))


def _around(space: Space, point: Point, step: float, random: np.random.RandomState) -> list[Point]:
    """Neighbours, each moved in about half of its dimensions: numbers by up to a step, categories to any."""
    here = space.transform([point])
    drawn = random.random_sample((_NEARBY, space.transformed_n_dims))
    moved = np.where(categorical_columns(space), drawn, np.clip(here + step * (2 * drawn - 1), 0, 1))
    chosen = random.random_sample((_NEARBY, space.n_dims)) < 0.5
    chosen = np.repeat(chosen, column_counts(space), axis=1)
    return _points(space, np.where(chosen, moved, here))


def _points(space: Space, columns: np.ndarray) -> list[Point]:
    """Of columns of 0..1; the category is the one whose column is largest."""
    return [plain(point) for point in space.inverse_transform(columns)]


def _log_expected_improvement(mean: np.ndarray, deviation: np.ndarray, best: float) -> np.ndarray:
    """Its logarithm, which still has an order where the improvement itself is too small for a float.

    Ament et al. 2023, arXiv 2310.20708.
    """
    deviation = np.maximum(deviation, 1e-12)
    z = (mean - best) / deviation
    log_density = -(z**2) / 2 - math.log(2 * math.pi) / 2
    improvement = np.exp(log_density) + z * np.exp(log_ndtr(z))
    # Far below, the two terms cancel: there the improvement is density / z² up to smaller terms.
    far = log_density - 2 * np.log(np.maximum(np.abs(z), 1))
    return np.log(deviation) + np.where(z > -5, np.log(np.maximum(improvement, 1e-300)), far)
