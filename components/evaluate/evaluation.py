"""Fitting the ensemble, and judging it and its members on every split."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Resamples, bootstrap
from components.common.ensemble import METHODS, Ensemble
from components.common.member import Member
from components.common.predictions import malignant_score, probability_columns
from components.common.taxonomy import MALIGNANT_INDEXES
from components.evaluate.abstention import AbstentionScores, UnusualScores
from components.evaluate.decisions import malignant_threshold
from components.evaluate.fitting import fit_ensemble
from components.evaluate.inputs import Split
from components.evaluate.judging import Judgement, Model, judge, resamples_of
from components.evaluate.settings import EvaluateSettings
from components.evaluate.subgroups import Gap, Subgroup, judge_subgroups, largest_gaps

# How the two ways of averaging are called where they stand side by side with the members.
ENSEMBLE_NAMES = {"rank": "ensemble (rank)", "probability": "ensemble (probability)"}


@dataclass(frozen=True)
class Evaluation:
    """The fitted ensemble, and the figures of all models."""

    ensemble: Ensemble
    """Of the method that was asked for."""
    judgement: Judgement
    """Of the members and both ways of averaging."""
    abstention: pd.DataFrame
    """Of the ensemble on test: see `bootstrap`, `AbstentionScores` and `UnusualScores`."""
    subgroups: list[Subgroup]
    """Of the test split, judged by the ensemble."""
    predictions: pd.DataFrame
    """The ensemble's calibrated probabilities of validation and test: image_id, split, group, label, `p_<CLASS>`, and
    out_of_distribution, the score."""

    @property
    def name(self) -> str:
        """What the ensemble is called beside the other models."""
        return ENSEMBLE_NAMES[self.ensemble.method]

    @property
    def others(self) -> list[str]:
        """The members and the other way of averaging."""
        return [model for model in self.judgement.models if model != self.name]

    @cached_property
    def gaps(self) -> Mapping[str, Gap]:
        """The largest gap between subgroups, by figure."""
        return largest_gaps(self.subgroups)

    def figure(self, split: str, figure: str) -> Estimate:
        """A figure of the ensemble."""
        return self.judgement.estimate(self.name, split, figure)


def evaluate(
    members: list[Member], splits: dict[str, Split], settings: EvaluateSettings, fingerprint: str
) -> Evaluation:
    """Fit both ensembles on the validation split, and judge them and the members on all.

    Args:
        members: of the ensemble.
        splits: their predictions.
        settings: of the stage.
        fingerprint: of the records.
    """
    validation, test = splits["validation"], splits["test"]
    both = {
        way: fit_ensemble(
            [member.name for member in members],
            way,
            validation.probabilities,
            validation.distances,
            validation.labels,
            minimum_sensitivity=settings.minimum_sensitivity,
            abstained_share=settings.abstained_share,
            out_of_distribution_share=settings.out_of_distribution_share,
            fingerprint=fingerprint,
        )
        for way in METHODS
    }
    chosen, ensembles = both[settings.method], _ensembles(both, splits)
    served = next(model for model in ensembles if model.name == ENSEMBLE_NAMES[settings.method]).probabilities
    predicted = served["test"]
    resamples = resamples_of(test, settings.bootstrap_rounds, settings.seed)
    models = [*_members(members, splits, settings.minimum_sensitivity), *ensembles]
    return Evaluation(
        ensemble=chosen,
        judgement=judge(models, splits, settings.bootstrap_rounds, settings.seed),
        abstention=_abstention(chosen, test, predicted, resamples),
        subgroups=judge_subgroups(
            test.images,
            test.labels,
            predicted,
            chosen.malignant_threshold,
            resamples,
            settings.minimum_subgroup_images,
        ),
        predictions=pd.concat(
            [_predictions(chosen, splits[name], served[name]) for name in ("validation", "test")], ignore_index=True
        ),
    )


def _members(members: list[Member], splits: dict[str, Split], minimum_sensitivity: float) -> list[Model]:
    """The members, each with a threshold of its own, chosen on validation as the ensemble's is."""
    validation = splits["validation"]
    malignant = np.isin(validation.labels, MALIGNANT_INDEXES)
    models = []
    for index, member in enumerate(members):
        probabilities = {name: split.probabilities[:, index] for name, split in splits.items()}
        score = malignant_score(probabilities["validation"])
        models.append(Model(member.name, probabilities, malignant_threshold(score, malignant, minimum_sensitivity)))
    return models


def _ensembles(both: dict[str, Ensemble], splits: dict[str, Split]) -> list[Model]:
    return [
        Model(
            ENSEMBLE_NAMES[way],
            {name: ensemble.predict(split.probabilities) for name, split in splits.items()},
            ensemble.malignant_threshold,
        )
        for way, ensemble in both.items()
    ]


def _abstention(ensemble: Ensemble, test: Split, predicted: np.ndarray, resamples: Resamples) -> pd.DataFrame:
    unusual = ensemble.out_of_distribution(test.distances) > ensemble.out_of_distribution_threshold
    rounds = bootstrap(
        resamples,
        {
            "unsure": AbstentionScores(
                test.labels, predicted, ensemble.malignant_threshold, ensemble.abstain_threshold
            ),
            "unusual": UnusualScores(test.labels, predicted, unusual),
        },
    )
    return pd.concat(rounds.values(), axis=1)


def _predictions(ensemble: Ensemble, split: Split, probabilities: np.ndarray) -> pd.DataFrame:
    table = pd.DataFrame(probabilities, columns=probability_columns())
    scores = ensemble.out_of_distribution(split.distances)
    return split.images[["image_id", "split", "group", "label"]].join(table).assign(out_of_distribution=scores)
