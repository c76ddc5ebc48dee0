"""Judging the ensemble and its members on every split."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.ensemble import METHODS, Ensemble
from components.common.errors import SettingsError
from components.common.member import Member
from components.common.predictions import probability_columns
from components.common.taxonomy import MALIGNANT_INDEXES, SPLITS
from components.evaluate.fitting import fit_ensemble, malignant_score, malignant_threshold
from components.evaluate.inputs import Split
from components.evaluate.scores import scores

# How the two ways of averaging are called where they stand side by side with the members.
ENSEMBLE_NAMES = {"rank": "ensemble (rank)", "probability": "ensemble (probability)"}


@dataclass(frozen=True)
class Evaluation:
    """The fitted ensemble, and the figures of all models."""

    ensemble: Ensemble
    """Of the method that was asked for."""
    figures: pd.DataFrame
    """One row for each model and split (its index), one column a figure; the models are the members and both ways of
    averaging."""
    predictions: pd.DataFrame
    """The ensemble's calibrated probabilities of validation and test: image_id, split, group, label, `p_<CLASS>`."""

    def metrics(self) -> dict[str, float | None]:
        """The ensemble's scalars by split, those of the other way of averaging and of the members on test.

        None where the classes of a split do not allow a figure.
        """
        chosen = ENSEMBLE_NAMES[self.ensemble.method]
        named = {
            f"{split}_{figure}": value
            for split in SPLITS
            for figure, value in self.figures.loc[(chosen, split)].items()
        }
        for model in self.figures.index.unique("model").drop(chosen):
            key = model.replace("ensemble (", "").replace(")", "_average").replace("-", "_")
            for figure in ("accuracy", "macro_auc"):
                named[f"{key}_test_{figure}"] = self.figures.loc[(model, "test"), figure]
        named["malignant_threshold"] = self.ensemble.malignant_threshold
        return {str(name): float(value) if math.isfinite(value) else None for name, value in named.items()}


def evaluate(
    members: list[Member], splits: dict[str, Split], *, method: str, minimum_sensitivity: float, fingerprint: str
) -> Evaluation:
    """Fit both ensembles on the validation split, and judge them and the members on all.

    Args:
        members: of the ensemble.
        splits: their predictions.
        method: "rank" or "probability": what the ensemble to be served averages.
        minimum_sensitivity: for malignant lesions, at the threshold chosen on validation.
        fingerprint: of the records.

    Raises:
        SettingsError: no such method, or a sensitivity outside of 0..1.
    """
    if method not in METHODS:
        raise SettingsError(f"--method {method!r}: it must be one of {', '.join(METHODS)}")
    if not 0 < minimum_sensitivity <= 1:
        raise SettingsError(f"--minimum-sensitivity {minimum_sensitivity}: it must be above 0, at most 1")
    names = [member.name for member in members]
    validation = splits["validation"]
    both = {
        way: fit_ensemble(
            names,
            way,
            validation.probabilities,
            validation.labels,
            minimum_sensitivity=minimum_sensitivity,
            fingerprint=fingerprint,
        )
        for way in METHODS
    }
    chosen = both[method]
    predictions = pd.concat([_predictions(chosen, splits[split]) for split in ("validation", "test")])
    return Evaluation(chosen, _figures(names, both, splits, minimum_sensitivity), predictions.reset_index(drop=True))


def _figures(
    names: list[str], both: dict[str, Ensemble], splits: dict[str, Split], minimum_sensitivity: float
) -> pd.DataFrame:
    validation = splits["validation"]
    malignant = np.isin(validation.labels, MALIGNANT_INDEXES)
    thresholds = [
        malignant_threshold(malignant_score(validation.probabilities[:, index]), malignant, minimum_sensitivity)
        for index in range(len(names))
    ]
    rows = {}
    for split, images in splits.items():
        for index, name in enumerate(names):
            rows[name, split] = scores(images.labels, images.probabilities[:, index], thresholds[index])
        for way, ensemble in both.items():
            together = ensemble.predict(images.probabilities)
            rows[ENSEMBLE_NAMES[way], split] = scores(images.labels, together, ensemble.malignant_threshold)
    return pd.DataFrame(rows).T.rename_axis(["model", "split"])


def _predictions(ensemble: Ensemble, split: Split) -> pd.DataFrame:
    probabilities = pd.DataFrame(ensemble.predict(split.probabilities), columns=probability_columns())
    return split.images[["image_id", "split", "group", "label"]].join(probabilities)
