"""Does the out-of-distribution score tell clean pictures of lesions from others? Areas under ROC curves.

Positive is what is none: a picture of something else, or a corrupted one. Of a corrupted picture this is asked for what
it says of the score, not because each should be flagged: a slightly darker picture is still one of a lesion.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Figures, Resamples, bootstrap, estimate
from components.common.ranking import Ranking
from components.robustness.comparison import ROUNDS
from components.robustness.corruptions import CORRUPTIONS, SEVERITIES
from components.robustness.novelty import Novelty, Stranger


@dataclass(frozen=True)
class Detection:
    """How well some pictures are told from the clean ones."""

    auroc: Estimate
    flagged: Estimate
    """Share of them whose score is above the threshold."""


@dataclass(frozen=True)
class OutOfDistribution:
    """The score's figures."""

    threshold: float
    clean_flagged: Estimate
    """Share of the clean pictures above the threshold."""
    non_lesions: Detection
    corrupted: Detection
    """Means over all corruptions and severities."""
    severest: Detection
    """Means over all corruptions at the highest severity."""
    by_corruption: pd.DataFrame
    """A row for each corruption, a column for each severity: the area."""
    strangers: list[Stranger]
    """The pictures of other things."""
    scores: dict[str, np.ndarray]
    """Of the clean pictures, of the corrupted ones of the highest severity, of other things: float64 [pictures]."""

    def metrics(self) -> dict[str, float]:
        """Flat scalars."""
        estimates = {
            "non_lesion_auroc": self.non_lesions.auroc,
            "non_lesion_flagged": self.non_lesions.flagged,
            "corrupted_auroc": self.corrupted.auroc,
            "corrupted_flagged": self.corrupted.flagged,
            "severest_auroc": self.severest.auroc,
            "severest_flagged": self.severest.flagged,
            "clean_flagged": self.clean_flagged,
        }
        flat: dict[str, float] = {}
        for name, one in estimates.items():
            flat |= one.scalars(name)
        return flat


def judge_novelty(novelty: Novelty, groups: Mapping[str, str], threshold: float, seed: int) -> OutOfDistribution:
    """Work out the areas and shares, with intervals.

    Args:
        novelty: all scores.
        groups: of each image, by its name: images of one patient or lesion are drawn together, corrupted with clean
            ones, and so are the parts of one picture of something else.
        threshold: what lies above is flagged.
        seed: of the resamples.
    """
    image_ids, scores = novelty.scores()
    patients = [f"patient {groups[name]}" for name in image_ids]
    things = [f"thing {one.shown.name}" for one in novelty.strangers]
    clean = scores.pop(None)
    strange = np.array([one.score for one in novelty.strangers])
    of_things = _rounds(clean, {"": strange}, [*patients, *things], threshold, seed)[""]
    of_corrupted = _rounds(clean, scores, [*patients, *patients], threshold, seed)
    return OutOfDistribution(
        threshold=threshold,
        clean_flagged=estimate(of_things["clean_flagged"]),
        non_lesions=_detection([of_things]),
        corrupted=_detection(list(of_corrupted.values())),
        severest=_detection([of_corrupted[one, SEVERITIES[-1]] for one in CORRUPTIONS]),
        by_corruption=pd.DataFrame(
            {
                severity: {one.name: of_corrupted[one, severity]["auroc"].iloc[0] for one in CORRUPTIONS}
                for severity in SEVERITIES
            }
        ),
        strangers=novelty.strangers,
        scores={
            "clean": clean,
            f"corrupted, severity {SEVERITIES[-1]}": np.concatenate(
                [scores[one, SEVERITIES[-1]] for one in CORRUPTIONS]
            ),
            "other things": strange,
        },
    )


def _rounds(
    clean: np.ndarray, others: Mapping[Any, np.ndarray], groups: Sequence[str], threshold: float, seed: int
) -> dict[Any, pd.DataFrame]:
    """Areas and shares, as `bootstrap` gives them, of clean pictures against several sets of as many others each."""
    resamples = Resamples(np.array(groups), ROUNDS, seed)
    return bootstrap(resamples, {key: _figures(clean, scores, threshold) for key, scores in others.items()})


def _figures(clean: np.ndarray, others: np.ndarray, threshold: float) -> Figures:
    scores = np.concatenate([clean, others])
    strange = np.arange(len(scores)) >= len(clean)
    ranking, above = Ranking(strange, scores), scores > threshold

    def figures(weights: np.ndarray) -> dict[str, np.ndarray]:
        with np.errstate(invalid="ignore"):
            flagged, clean_flagged = (
                weights[above & which].sum(axis=0) / weights[which].sum(axis=0) for which in (strange, ~strange)
            )
        return {"auroc": ranking.areas(weights)[0], "flagged": flagged, "clean_flagged": clean_flagged}

    return figures


def _detection(rounds: Sequence[pd.DataFrame]) -> Detection:
    """Of the mean over several conditions."""
    auroc, flagged = (pd.concat([one[name] for one in rounds], axis=1).mean(axis=1) for name in ("auroc", "flagged"))
    return Detection(estimate(auroc), estimate(flagged))
