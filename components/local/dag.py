"""The DAG of a run as a picture: what ran, how long, what was reused."""

from xml.sax.saxutils import escape

from components.local.kfp_internals import TaskRun

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y = 132, 44, 34, 14

# Stages that stand above each other do not wait for each other.
_COLUMNS = (("ingest",), ("preprocess",), ("train",), ("evaluate",), ("convert",), ("robustness",), ("register",))


def dag_svg(runs: list[TaskRun]) -> bytes:
    """Draw the tasks from left to right, those that do not wait for each other in one column, as an SVG file."""
    columns = [[run for run in runs if run.task.split("-")[0] in stages] for stages in _COLUMNS]
    columns = [column for column in columns if column]
    height = max(len(column) for column in columns) * (_HEIGHT + _GAP_Y) - _GAP_Y
    width = len(columns) * (_WIDTH + _GAP_X) - _GAP_X
    shapes = []
    for index, column in enumerate(columns):
        x = index * (_WIDTH + _GAP_X)
        places = _places(len(column), height)
        if index:
            shapes += [_arrow(x, a, b) for a in _places(len(columns[index - 1]), height) for b in places]
        shapes += [_box(x, y, run) for y, run in zip(places, column, strict=True)]
    body = "".join(shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {width + 8} {height + 8}" width="{width + 8}" '
        f'font-family="system-ui, sans-serif" font-size="12">{body}</svg>'
    ).encode()


def _places(count: int, height: int) -> list[float]:
    """Upper edges of so many boxes, centred."""
    taken = count * (_HEIGHT + _GAP_Y) - _GAP_Y
    return [(height - taken) / 2 + number * (_HEIGHT + _GAP_Y) for number in range(count)]


def _arrow(x: float, start: float, end: float) -> str:
    middle = _HEIGHT / 2
    left = x - _GAP_X
    return (
        f'<path d="M{left} {start + middle} C{x - _GAP_X / 2} {start + middle} {x - _GAP_X / 2} {end + middle} '
        f'{x} {end + middle}" fill="none" stroke="#9aa5b8" stroke-width="1.5"/>'
    )


def _box(x: float, y: float, run: TaskRun) -> str:
    color = "#c0392b" if not run.succeeded else "#7f8c9b" if run.cached else "#2457c5"
    state = "failed" if not run.succeeded else "reused" if run.cached else f"{run.seconds:.0f} s"
    center = x + _WIDTH / 2
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{color}"/>'
        f'<text x="{center}" y="{y + 19}" text-anchor="middle" fill="white" font-weight="600">{escape(run.task)}</text>'
        f'<text x="{center}" y="{y + 35}" text-anchor="middle" fill="white">{state}</text>'
    )
