"""What the measurement means: figures, the ensemble against its members, the maps, the gate."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from components.common.gates import Gate
from components.robustness.comparison import ModelErrors, compare
from components.robustness.corruptions import CORRUPTIONS
from components.robustness.explanations import Explanations, explain
from components.robustness.measuring import Measurement, Stopwatch
from components.robustness.model import Model
from components.robustness.out_of_distribution import OutOfDistribution, judge_novelty
from components.robustness.scores import ENSEMBLE, by_corruption, clean_row, score_table
from components.robustness.settings import RobustnessSettings


@dataclass(frozen=True)
class Robustness:
    """The ensemble and its members under corruption."""

    table: pd.DataFrame
    """See `scores.score_table`."""
    models: list[ModelErrors]
    """The ensemble, then its members."""
    explanations: Explanations
    """Of the clean pictures."""
    out_of_distribution: OutOfDistribution
    gates: list[Gate]
    stopwatch: Stopwatch

    @property
    def ensemble(self) -> ModelErrors:
        """The ensemble's errors."""
        return self.models[0]

    @property
    def best_member(self) -> ModelErrors:
        """The member of the smallest mean corruption error."""
        return min(self.models[1:], key=lambda model: model.corrupted.value)

    @property
    def corrupted(self) -> pd.DataFrame:
        """The ensemble's rows of the table, without the clean one."""
        return self.table[(self.table["model"] == ENSEMBLE) & (self.table["severity"] > 0)]

    def metrics(self) -> dict[str, float | None]:
        """The ensemble's scalars; None where the classes of the images do not allow a figure."""
        figures = {
            **self._errors(),
            **self._decisions(),
            **self.explanations.metrics(),
            **self.out_of_distribution.metrics(),
            "gates_failed": sum(not gate.passed for gate in self.gates),
            "seconds_corrupting": sum(self.stopwatch.corrupting.values()),
            "seconds_inferring": self.stopwatch.inferring,
            "seconds_explaining": self.stopwatch.explaining,
        }
        return {name: float(value) if math.isfinite(value) else None for name, value in figures.items()}

    def _errors(self) -> dict[str, float]:
        errors = by_corruption(self.table)[["balanced_error"]]
        return {
            "clean_balanced_error": self.ensemble.clean.value,
            **self.ensemble.corrupted.scalars("mean_corruption_error"),
            **self.ensemble.rise.scalars("relative_mean_corruption_error"),
            **self.best_member.more.scalars("best_member_more_error"),
            **self.best_member.more_rise.scalars("best_member_more_rise"),
            "unseen_mean_corruption_error": errors.loc[unseen(), "balanced_error"].mean(),
            **{f"{family}_error": error for family, error in family_means(errors)["balanced_error"].items()},
            "worst_corruption_error": errors["balanced_error"].max(),
            "worst_balanced_error": self.corrupted["balanced_error"].max(),
        }

    def _decisions(self) -> dict[str, float]:
        clean = clean_row(self.table)
        return {
            "images": clean["images"],
            "clean_accuracy": clean["accuracy"],
            "mean_accuracy": self.corrupted["accuracy"].mean(),
            "clean_melanoma_sensitivity": clean["melanoma_sensitivity"],
            "mean_melanoma_sensitivity": self.corrupted["melanoma_sensitivity"].mean(),
            "worst_melanoma_sensitivity": self.corrupted["melanoma_sensitivity"].min(),
            "mean_changed": self.corrupted["changed"].mean(),
        }


def judge(measured: Measurement, model: Model, groups: Mapping[str, str], settings: RobustnessSettings) -> Robustness:
    """Work out all figures.

    Args:
        measured: the counts.
        model: the ensemble: names of its members, threshold of its out-of-distribution score.
        groups: of each image, by its name.
        settings: the gate's limit, and the seed of the bootstrap.
    """
    models = compare(measured.tally.answers(), groups, [ENSEMBLE, *model.members], settings.seed)
    gate = Gate(
        "mean corruption error above the clean error, test",
        models[0].rise.value,
        settings.maximum_corruption_error,
        at_least=False,
    )
    return Robustness(
        score_table(measured.tally, model.members),
        models,
        explain(measured.explained.table(), groups, settings.seed),
        judge_novelty(measured.novelty, groups, model.threshold, settings.seed),
        [gate],
        measured.stopwatch,
    )


def unseen() -> list[str]:
    """Names of the corruptions that no kind of training augmentation resembles."""
    return [corruption.name for corruption in CORRUPTIONS if not corruption.augmented_by]


def family_means(means: pd.DataFrame) -> pd.DataFrame:
    """Means over the corruptions of each family, of a table of `scores.by_corruption`."""
    families = pd.Series({corruption.name: corruption.family for corruption in CORRUPTIONS})
    return means.groupby(families.loc[means.index], sort=False).mean()
