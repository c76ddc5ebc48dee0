"""The search's core on spaces of other kinds than a training's."""

from skopt.space import Categorical, Integer, Real

from components.train.proposal import INITIAL_POINTS, initial_design, propose_point
from components.train.space import BLOCKS, Point, point, space
from tests.train.test_search import START

LINE = [Real(0.0, 1.0, name="x")]
SWITCHES = [Categorical(("on", "off"), name="a"), Categorical(("on", "off"), name="b")]


def search(dimensions: list[object], start: Point, value: dict[str, float] | None, trials: int) -> list[Point]:
    points: list[Point] = []
    while len(points) < trials:
        values = [-((float(each[0]) - 0.3) ** 2) if value is None else value[str(each[0])] for each in points]
        points.append(propose_point(dimensions, start, points, values, seed=0))
    return points


def test_the_optimum_of_a_line_is_found() -> None:
    points = search(LINE, [0.9], None, 12)
    assert min(abs(float(each[0]) - 0.3) for each in points) < 0.02


def test_whole_numbers_stay_whole() -> None:
    points = search([Integer(0, 100, name="n")], [50], None, 8)
    assert all(type(each[0]) is int for each in points)
    assert len({each[0] for each in points}) == 8


def test_every_point_of_a_small_space_is_tried_before_one_is_repeated() -> None:
    points = search(SWITCHES, ["on", "on"], {"on": 1.0, "off": 0.0}, 5)
    assert len({tuple(each) for each in points[:4]}) == 4
    assert points[4] in points[:4]


def test_each_setting_is_changed_in_half_of_the_first_points() -> None:
    start = point(START)
    first = initial_design(space(1e-3), start, INITIAL_POINTS, seed=0, blocks=BLOCKS)
    changed = [[new != old for new, old in zip(each, start, strict=True)] for each in first]
    for index in (0, 1, 2, 4, 6, 7):  # a category may be drawn as it was
        assert sum(row[index] for row in changed) == INITIAL_POINTS / 2
    assert all(row[4] >= row[3] and row[6] >= row[5] for row in changed), "a kind is changed with its strength"


def test_more_first_points_begin_with_the_same() -> None:
    few, more = (initial_design(space(1e-3), point(START), count, seed=0, blocks=BLOCKS) for count in (3, 9))
    assert more[:3] == few
