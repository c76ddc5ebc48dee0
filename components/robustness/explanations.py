"""What the heat maps are worth: figures over all pictures, with bootstrap intervals."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.common.bootstrap import Estimate, Figures, Resamples, bootstrap, estimate
from components.robustness.comparison import ROUNDS
from components.robustness.explaining import likenesses

UNCHANGED = 0.5
"""A map more like those of shuffled models than this, by its correlation, fails the check; set by judgement, Adebayo et
al. give no limit."""


@dataclass(frozen=True)
class Explanations:
    """Means over the pictures; NaN where no picture has a figure."""

    images: int
    segmented: int
    """Pictures with a lesion."""
    inside: Estimate
    """Share of the map's energy on the lesion."""
    area: Estimate
    """The lesion's share of the picture: what a map that knows nothing would have on it."""
    ratio: Estimate
    """Of the two means."""
    shuffled_inside: Estimate
    """Share on the lesion of the shuffled models' maps."""
    likeness: Estimate
    """Rank correlation of the map with those of the shuffled models."""
    likeness_by_order: tuple[float, ...]
    """The same for each shuffled model."""

    @property
    def unchanged(self) -> bool:
        """Whether the maps fail the check: they hardly change when the weights are shuffled."""
        return self.likeness.value > UNCHANGED

    def metrics(self) -> dict[str, float]:
        """Flat scalars."""
        estimates = {
            "map_energy_inside": self.inside,
            "lesion_area_share": self.area,
            "map_energy_ratio": self.ratio,
            "shuffled_map_energy_inside": self.shuffled_inside,
            "maps_shuffled_correlation": self.likeness,
        }
        flat = {"lesions_segmented": float(self.segmented)}
        for name, one in estimates.items():
            flat |= one.scalars(name)
        return flat


def explain(table: pd.DataFrame, groups: Mapping[str, str], seed: int) -> Explanations:
    """Work out the means and their intervals.

    Args:
        table: of `Explained.table`.
        groups: of each image, by its name: images of one patient or lesion are drawn together.
        seed: of the resamples.
    """
    alike = table[likenesses()]
    judged = table.assign(group=table["image_id"].map(groups), likeness=alike.mean(axis=1))
    rounds = _rounds(judged, ["inside", "area"], seed)
    return Explanations(
        images=len(table),
        segmented=int(table["area"].notna().sum()),
        inside=estimate(rounds["inside"]),
        area=estimate(rounds["area"]),
        ratio=estimate(rounds["inside"] / rounds["area"]),
        shuffled_inside=estimate(_rounds(judged, ["shuffled_inside"], seed)["shuffled_inside"]),
        likeness=estimate(_rounds(judged, ["likeness"], seed)["likeness"]),
        likeness_by_order=tuple(alike.mean().tolist()),
    )


def _rounds(judged: pd.DataFrame, columns: list[str], seed: int) -> pd.DataFrame:
    """Means over the pictures that have all of the columns, as `bootstrap` gives them."""
    complete = judged.dropna(subset=columns)
    if complete.empty:
        return pd.DataFrame(math.nan, index=[0], columns=columns)
    resamples = Resamples(complete["group"].to_numpy(), ROUNDS, seed)
    return bootstrap(resamples, {"means": _means(complete[columns])})["means"]


def _means(values: pd.DataFrame) -> Figures:
    columns = {str(name): column.to_numpy(np.float64) for name, column in values.items()}

    def figures(weights: np.ndarray) -> dict[str, np.ndarray]:
        return {name: column @ weights / weights.sum(axis=0) for name, column in columns.items()}

    return figures
