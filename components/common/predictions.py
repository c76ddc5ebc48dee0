"""Predictions as a table: what a member and the ensemble said of each image."""

import numpy as np
import pandas as pd

from components.common.member import FEATURE_DISTANCE
from components.common.taxonomy import CLASSES, MALIGNANT_INDEXES


def probability_columns() -> list[str]:
    """Names of the columns that hold the nine probabilities, in the order of the classes."""
    return [f"p_{name}" for name in CLASSES]


def malignant_score(probabilities: np.ndarray) -> np.ndarray:
    """Probability that a lesion is malignant, float64 [images]: the sum over the malignant classes, of [images, 9]."""
    return np.asarray(probabilities[:, list(MALIGNANT_INDEXES)].sum(axis=1))


def prediction_table(
    split: str, image_ids: list[str], labels: np.ndarray, probabilities: np.ndarray, distances: np.ndarray
) -> pd.DataFrame:
    """One row an image: image_id, split, label (class index), `p_<CLASS>` for each class, and feature_distance.

    Args:
        split: train, validation or test.
        image_ids: names, [images].
        labels: int [images].
        probabilities: float32 [images, 9].
        distances: of the features from those of the training, float64 [images].
    """
    table = pd.DataFrame({"image_id": image_ids, "split": split, "label": labels})
    return table.join(pd.DataFrame(probabilities, columns=probability_columns())).assign(
        **{FEATURE_DISTANCE: distances}
    )
