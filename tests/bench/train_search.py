"""Twenty trials of the search of the settings, against random search and Optuna's tree-structured Parzen estimator.

On functions over spaces like that of a training (mixed, logarithmic, conditional, noisy), on three that the literature
measures with, and on a table of real short trainings, where there is one. All methods start from the same point.
"""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import optuna
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from skopt.space import Categorical, Dimension, Real, Space

from components.train.hyperparameters import AUGMENTATIONS, IMBALANCES, Hyperparameters
from components.train.proposal import propose_point
from components.train.space import BLOCKS, Point, canonical, plain, point, space
from components.train.surrogate import normalized
from tests.bench.harness import Result

NAME = "train.search"
TRIALS = 20
SEEDS = 60
TABLE = Path(__file__).with_name("search_table.csv")
RATE = 1e-3
START = point(Hyperparameters.published("EfficientNetB0", RATE))

# The regret of a method that found the optimum: without it a ratio of regrets would be of rounding errors.
LEAST_REGRET = 1e-4


@dataclass(frozen=True)
class Problem:
    """A function to maximize, and where the search starts."""

    name: str
    dimensions: list[Dimension]
    value: Callable[[Point], float]
    optimum: float
    start: Point
    noise: float = 0.0
    """Standard deviation of what a trial sees of the value."""
    canonical: Callable[[Point], Point] = list
    blocks: tuple[int, ...] | None = None


Evaluate = Callable[[Point], float]
Method = Callable[[Problem, Evaluate, int], None]
"""Calls the second argument `TRIALS` times, first with the problem's start; the third is the seed."""


def run(isic: Path) -> Result:
    """The factor by which the regret after twenty trials is smaller than that of random search."""
    methods: dict[str, Method] = {"ours": ours, "random": random_search, "TPE": parzen}
    regrets = {
        name: {method: median_regret(build, search) for method, search in methods.items()}
        for name, build in PROBLEMS.items()
        if name != "table" or TABLE.is_file()
    }
    factors = {
        method: geometric_mean([each["random"] / each[method] for each in regrets.values()]) for method in methods
    }
    figures = "; ".join(
        f"{name}: " + ", ".join(f"{method} {regret:.3g}" for method, regret in each.items())
        for name, each in regrets.items()
    )
    absent = "" if "table" in regrets else f" No {TABLE.name}: real trainings are left out."
    return Result(
        NAME,
        "x random's regret",
        1 / factors["ours"],
        f"Median regret after {TRIALS} trials over {SEEDS} seeds. {figures}. Random search's regret over ours "
        f"{factors['ours']:.2f} (geometric mean), over that of Optuna's TPE {factors['TPE']:.2f}.{absent}",
        "random search",
        1.0,
        factors["ours"],
    )


def median_regret(build: Callable[[int], Problem], search: Method) -> float:
    return statistics.median(regret(build(seed), search, seed) for seed in range(SEEDS))


def regret(problem: Problem, search: Method, seed: int) -> float:
    """How far the point that looked best after all trials is from the optimum."""
    noise = np.random.default_rng(seed).normal(0, problem.noise, TRIALS)
    tried: list[Point] = []
    seen: list[float] = []

    def evaluate(values: Point) -> float:
        tried.append(problem.canonical(values))
        seen.append(problem.value(tried[-1]) + float(noise[len(seen)]))
        return seen[-1]

    search(problem, evaluate, seed)
    assert len(seen) == TRIALS
    assert tried[0] == problem.canonical(problem.start)
    return max(problem.optimum - problem.value(tried[int(np.argmax(seen))]), LEAST_REGRET)


def geometric_mean(values: Sequence[float]) -> float:
    return math.exp(statistics.fmean(map(math.log, values)))


# The methods.


def ours(problem: Problem, evaluate: Evaluate, seed: int) -> None:
    points: list[Point] = []
    values: list[float] = []
    for _ in range(TRIALS):
        chosen = propose_point(
            problem.dimensions,
            problem.start,
            points,
            values,
            seed=seed,
            canonical=problem.canonical,
            blocks=problem.blocks,
        )
        points.append(chosen)
        values.append(evaluate(chosen))


def random_search(problem: Problem, evaluate: Evaluate, seed: int) -> None:
    evaluate(problem.start)
    for drawn in Space(problem.dimensions).rvs(TRIALS - 1, random_state=seed):
        evaluate(plain(drawn))


def parzen(problem: Problem, evaluate: Evaluate, seed: int) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(
        {dimension.name: value for dimension, value in zip(problem.dimensions, problem.start, strict=True)}
    )
    study.optimize(lambda trial: evaluate([suggested(trial, each) for each in problem.dimensions]), TRIALS)


def suggested(trial: optuna.Trial, dimension: Dimension) -> float | str:
    if isinstance(dimension, Categorical):
        return trial.suggest_categorical(dimension.name, list(dimension.categories))
    return trial.suggest_float(dimension.name, dimension.low, dimension.high, log=dimension.prior == "log-uniform")


# The functions.


def training(seed: int) -> Problem:
    """Like the macro AUC of a training over our own space: each seed is another data set.

    A rate above its optimum does more harm than one below; strong augmentation wants less dropout; kinds of
    augmentation and of weighting differ by up to 0.03, and have strengths that suit them.
    """
    random = np.random.default_rng(seed)
    rate, smoothing, weight = random.uniform(-0.6, 0.6), random.uniform(0, 0.15), random.uniform(0.4, 1.2)
    dropout = random.uniform(0.2, 0.5)
    augmentation, imbalance = Kinds(AUGMENTATIONS, random), Kinds(IMBALANCES, random)

    def value(values: Point) -> float:
        at = Hyperparameters(*values)  # type: ignore[arg-type]
        away = math.log10(at.learning_rate / RATE) - rate
        loss = 0.06 * away**2 + 0.3 * max(0.0, away - 0.4) ** 2
        excess = augmentation.excess(at.augmentation, at.augmentation_strength)
        loss += 0.25 * (at.dropout - dropout + 0.25 * excess) ** 2 + (at.label_smoothing - smoothing) ** 2
        loss += augmentation.loss(at.augmentation, at.augmentation_strength)
        loss += imbalance.loss(at.imbalance, at.imbalance_strength)
        return 0.92 - loss - 0.02 * (at.demographics_weight - weight) ** 2

    return Problem("training", space(RATE), value, 0.92, START, 0.004, canonical, BLOCKS)


class Kinds:
    """What each kind of a setting costs, and the strength that suits it; the first or "none" of them has none."""

    def __init__(self, names: Sequence[str], random: np.random.Generator) -> None:
        losses = random.uniform(0.005, 0.03, len(names))
        losses[random.integers(len(names))] = 0
        self._losses = dict(zip(names, losses, strict=True))
        self._strengths = dict(zip(names[1:], random.uniform(0.2, 0.8, len(names) - 1), strict=True))

    def excess(self, name: str, strength: float) -> float:
        return strength - self._strengths[name] if name in self._strengths else 0.0

    def loss(self, name: str, strength: float) -> float:
        return self._losses[name] + 0.05 * self.excess(name, strength) ** 2


def kernel_machine(seed: int) -> Problem:
    """Like the accuracy of a support vector machine by its kernel and, where the kernel has them, its parameters."""
    dimensions = [
        Categorical(("linear", "rbf", "polynomial"), name="kernel"),
        Real(1e-3, 1e3, prior="log-uniform", name="cost"),
        Real(1e-5, 1e1, prior="log-uniform", name="gamma"),
        Real(0.0, 1.0, name="offset"),
        Real(0.0, 1.0, name="ridge"),
    ]

    def active(values: Point) -> Point:
        kernel, cost, gamma, offset, ridge = values
        return [kernel, cost, 1e-2 if kernel == "linear" else gamma, offset if kernel == "polynomial" else 0.0, ridge]

    def value(values: Point) -> float:
        kernel, *numbers = values
        cost, gamma, offset, ridge = map(float, numbers)
        c, g = math.log10(cost), math.log10(gamma)
        if kernel == "linear":
            return 0.80 - 0.01 * (c + 1) ** 2 - 0.02 * (ridge - 0.5) ** 2
        if kernel == "rbf":
            return (
                0.90 - 0.02 * (c - 1) ** 2 - 0.03 * (g + 2) ** 2 - 0.01 * (c - 1) * (g + 2) - 0.02 * (ridge - 0.3) ** 2
            )
        return 0.86 - 0.02 * c**2 - 0.03 * (g + 1) ** 2 - 0.1 * (offset - 0.4) ** 2 - 0.02 * (ridge - 0.3) ** 2

    return Problem(
        "kernel machine", dimensions, value, 0.9, drawn(dimensions, seed, active), 0.002, active, (0, 1, 0, 0, 2)
    )


def branin(seed: int) -> Problem:
    dimensions = [Real(-5.0, 10.0, name="x"), Real(0.0, 15.0, name="y")]

    def value(values: Point) -> float:
        x, y = map(float, values)
        hill = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
        return -(hill + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)

    return Problem("Branin", dimensions, value, -0.397887, drawn(dimensions, seed))


def hartmann(seed: int) -> Problem:
    dimensions = [Real(0.0, 1.0, name=f"x{index}") for index in range(6)]
    heights = np.array([1.0, 1.2, 3.0, 3.2])
    widths = np.array(
        [[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
    )
    centres = np.array(
        [
            [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
            [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
            [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
            [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
        ]
    )

    def value(values: Point) -> float:
        return float(heights @ np.exp(-(widths * (np.array(values) - centres) ** 2).sum(axis=1)))

    return Problem("Hartmann-6", dimensions, value, 3.32237, drawn(dimensions, seed))


def levy(seed: int) -> Problem:
    dimensions = [Real(-10.0, 10.0, name=f"x{index}") for index in range(4)]

    def value(values: Point) -> float:
        w = 1 + (np.array(values, dtype=float) - 1) / 4
        middle = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
        last = (w[-1] - 1) ** 2 * (1 + math.sin(2 * math.pi * w[-1]) ** 2)
        return -float(math.sin(math.pi * w[0]) ** 2 + middle.sum() + last)

    return Problem("Levy-4", dimensions, value, 0.0, drawn(dimensions, seed))


def table(seed: int) -> Problem:
    """Real short trainings at random points; between them a random forest: numbers as 0..1, categories as columns."""
    predict, optimum = forest()
    return Problem("table", space(RATE), predict, optimum, START, 0.0, canonical, BLOCKS)


@cache
def forest() -> tuple[Callable[[Point], float], float]:
    """The forest of the table's trainings, and the most that it gives anywhere that was looked at."""
    rows = pd.read_csv(TABLE)
    points = [canonical(plain(row)) for row in rows[list(Hyperparameters.__dataclass_fields__)].itertuples(index=False)]
    encoded = normalized(space(RATE))
    model = RandomForestRegressor(100, min_samples_leaf=2, random_state=0)
    model.fit(encoded.transform(points), rows["validation_macro_auc"])
    looked = [*points, *[canonical(plain(each)) for each in encoded.rvs(20_000, random_state=0)]]
    optimum = float(model.predict(encoded.transform(looked)).max())
    return lambda values: float(model.predict(encoded.transform([values]))[0]), optimum


def drawn(dimensions: Sequence[Dimension], seed: int, canonical: Callable[[Point], Point] = list) -> Point:
    """A start for functions that have none of their own."""
    return canonical(plain(Space(dimensions).rvs(1, random_state=10_000 + seed)[0]))


PROBLEMS: dict[str, Callable[[int], Problem]] = {
    "training": training,
    "kernel machine": kernel_machine,
    "Branin": branin,
    "Hartmann-6": hartmann,
    "Levy-4": levy,
    "table": table,
}
