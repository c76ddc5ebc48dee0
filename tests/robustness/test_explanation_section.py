"""The page's part on heat maps."""

import math
from dataclasses import replace

import numpy as np
import pytest

from components.common.bootstrap import Estimate
from components.common.report import Report
from components.robustness.explaining import Shown
from components.robustness.explanation_section import explanation_section
from components.robustness.explanations import Explanations

NONE = Estimate(math.nan, math.nan, math.nan)
FOUND = Explanations(
    images=40,
    segmented=38,
    inside=Estimate(0.6, 0.5, 0.7),
    area=Estimate(0.2, 0.15, 0.25),
    ratio=Estimate(3.0, 2.5, 3.5),
    shuffled_inside=Estimate(0.3, 0.25, 0.35),
    likeness=Estimate(-0.05, -0.1, 0.01),
    likeness_by_order=(-0.2, 0.1, -0.05),
)


def page(explanations: Explanations, shown: list[Shown]) -> str:
    report = Report("Robustness", "")
    explanation_section(report, explanations, shown)
    return report.html()


@pytest.fixture
def shown() -> Shown:
    lesion = np.zeros((48, 48), bool)
    lesion[12:36, 12:36] = True
    picture, heatmap = np.full((48, 48, 3), 150, np.uint8), np.eye(3, dtype=np.float32)
    return Shown("ISIC_7", 0, 0, picture, lesion, heatmap, heatmap[::-1])


def test_a_sentence_has_the_figures_with_their_intervals(shown: Shown) -> None:
    text = page(FOUND, [shown])
    assert "A lesion was found in 38 of 40 clean pictures" in text
    assert "0.600 (0.500–0.700) of the heat map" in text
    assert "3.000 (2.500–3.500) times what a map that knows nothing" in text
    assert "−0.050 (−0.100 to 0.010) (−0.20, 0.10, −0.05 by order)" in text
    assert 'class="warning"' not in text


def test_each_picture_has_outline_map_and_shuffled_map_and_says_what_was_decided(shown: Shown) -> None:
    text = page(FOUND, [shown, replace(shown, decided=1), replace(shown, lesion=None)])
    assert text.count("data:image/jpeg") == 9
    assert "The maps have 3 x 3 places" in text
    for caption in ("ISIC_7: MEL, rightly<", "ISIC_7: NV, is MEL<", "ISIC_7: MEL, rightly, no lesion found<"):
        assert caption in text


def test_maps_that_do_not_change_are_warned_of(shown: Shown) -> None:
    assert "hardly change when the weights are shuffled" in page(
        replace(FOUND, likeness=Estimate(0.9, 0.8, 0.95)), [shown]
    )


def test_figures_that_there_are_not_are_dashes() -> None:
    none = Explanations(2, 0, NONE, NONE, NONE, NONE, NONE, (math.nan,) * 3)
    assert "(–, –, – by order)" in page(none, [])
    assert "nan" not in page(none, []).split("<body>")[1]
