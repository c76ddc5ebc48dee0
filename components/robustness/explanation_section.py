"""The part of the page on heat maps."""

from collections.abc import Sequence

import cv2
import numpy as np
import pandas as pd

from components.common.report import Report, Tile
from components.common.taxonomy import CLASSES
from components.robustness.explaining import ORDERS, Shown
from components.robustness.explanations import UNCHANGED, Explanations
from components.robustness.gallery import SIDE, small_jpeg
from components.robustness.heatmaps import outlined, overlaid

_NOTE = (
    "Means over the clean pictures with 95 % intervals, bootstrapped over patients and lesions. Energy: the positive "
    "part of the class activation map of the class decided on. The lesion's share of the picture is what a map that "
    "knows nothing would have on the lesion; a map that merely prefers the middle has more, for there lesions mostly "
    "are: hence the same share for the shuffled model. Shuffled: the weights of all members' convolutions and dense "
    f"layers in another order, {ORDERS} times. The interval of the correlation does not cover the choice of orders. "
    "Lesions are found by colour alone, and some outlines are wrong: see the pictures."
)

_SHOWN_NOTE = (
    "Some pictures, drawn by lot from those decided rightly and those decided wrongly: the lesion's outline; the map "
    "of the class decided on, black to yellow; the same of a shuffled model. The maps have {} x {} places: what is "
    "smaller they cannot show."
)


def explanation_section(report: Report, explanations: Explanations, shown: Sequence[Shown]) -> None:
    """Add heading, figures, the check's outcome and pictures to a report."""
    report.heading("Explanations").paragraph(_sentence(explanations))
    if explanations.unchanged:
        report.warning(
            f"The heat maps hardly change when the weights are shuffled: their correlation is above {UNCHANGED}. They "
            "show the pictures, not what the model has learnt."
        )
    report.table(_figures(explanations), _NOTE)
    if shown:
        report.gallery([_tile(one) for one in shown], _SHOWN_NOTE.format(*shown[0].heatmap.shape))


def _sentence(explanations: Explanations) -> str:
    orders = ", ".join(f"{value:.2f}".replace("-", "−").replace("nan", "–") for value in explanations.likeness_by_order)
    return (
        f"A lesion was found in {explanations.segmented} of {explanations.images} clean pictures. On average "
        f"{explanations.inside} of the heat map's energy lies on it, where it takes {explanations.area} of the "
        f"picture: {explanations.ratio} times what a map that knows nothing would have there. The maps' rank "
        f"correlation with those of shuffled models is {explanations.likeness} ({orders} by order): near "
        "1 the maps would not depend on what the model has learnt (Adebayo et al. 2018)."
    )


def _figures(explanations: Explanations) -> pd.DataFrame:
    rows = {
        "energy on the lesion": explanations.inside,
        "lesion's share of the picture": explanations.area,
        "ratio of the two": explanations.ratio,
        "energy on the lesion, shuffled model": explanations.shuffled_inside,
        "rank correlation with the shuffled model's map": explanations.likeness,
    }
    return pd.DataFrame({"mean": {name: str(value) for name, value in rows.items()}})


def _tile(shown: Shown) -> Tile:
    size = (SIDE, SIDE)
    picture = cv2.resize(shown.picture, size, interpolation=cv2.INTER_AREA)
    lesion = (
        None
        if shown.lesion is None
        else cv2.resize(shown.lesion.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    )
    pictures = [outlined(picture, lesion), overlaid(picture, shown.heatmap), overlaid(picture, shown.shuffled)]
    found = "" if shown.lesion is not None else ", no lesion found"
    outcome = (
        f"{CLASSES[shown.decided]}, rightly" if shown.right else f"{CLASSES[shown.decided]}, is {CLASSES[shown.label]}"
    )
    return Tile([small_jpeg(one) for one in pictures], f"{shown.image_id}: {outcome}{found}")
