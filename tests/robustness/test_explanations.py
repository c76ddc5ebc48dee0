"""Figures over the pictures, and their intervals."""

import math

import numpy as np
import pandas as pd
import pytest

from components.robustness.explaining import likenesses
from components.robustness.explanations import explain

IMAGES = 200


def table(**columns: object) -> pd.DataFrame:
    random = np.random.default_rng(0)
    fields = {
        "image_id": [f"{number:03d}" for number in range(IMAGES)],
        "area": random.uniform(0.1, 0.3, IMAGES), "inside": random.uniform(0.4, 0.8, IMAGES),
        "shuffled_inside": random.uniform(0.1, 0.5, IMAGES),
        **{name: random.uniform(-0.5, 0.5, IMAGES) for name in likenesses()},
    }  # fmt: skip
    return pd.DataFrame({**fields, **columns})


def groups(each: int = 1) -> dict[str, str]:
    return {f"{number:03d}": f"patient {number // each}" for number in range(IMAGES)}


def test_figures_are_means_and_the_ratio_is_of_the_means() -> None:
    given = table()
    found = explain(given, groups(), 0)
    assert (found.images, found.segmented) == (IMAGES, IMAGES)
    assert found.inside.value == pytest.approx(given["inside"].mean())
    assert found.area.value == pytest.approx(given["area"].mean())
    assert found.ratio.value == pytest.approx(given["inside"].mean() / given["area"].mean())
    assert found.likeness.value == pytest.approx(given[likenesses()].to_numpy().mean())
    assert found.likeness_by_order == pytest.approx(given[likenesses()].mean().tolist())
    for one in (found.inside, found.area, found.ratio, found.shuffled_inside, found.likeness):
        assert one.low < one.value < one.high


def test_pictures_without_a_lesion_or_without_energy_are_left_out_of_both_means() -> None:
    given = table()
    given.loc[:49, ["area", "inside", "shuffled_inside"]] = np.nan
    given.loc[50:59, "inside"] = np.nan
    found = explain(given, groups(), 0)
    assert found.segmented == IMAGES - 50
    assert found.area.value == pytest.approx(given.loc[60:, "area"].mean())
    assert found.shuffled_inside.value == pytest.approx(given.loc[50:, "shuffled_inside"].mean())


def test_intervals_are_wider_where_pictures_come_in_groups_that_are_alike() -> None:
    alike = table(inside=np.repeat(np.random.default_rng(1).uniform(0.2, 0.8, IMAGES // 5), 5))
    apart, together = (explain(alike, groups(each), 0).inside for each in (1, 5))
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


@pytest.mark.parametrize(("value", "unchanged"), [(1.0, True), (0.51, True), (0.2, False), (-0.9, False)])
def test_maps_that_stay_when_the_weights_are_shuffled_fail_the_check(value: float, unchanged: bool) -> None:
    assert explain(table(**dict.fromkeys(likenesses(), value)), groups(), 0).unchanged is unchanged


@pytest.mark.parametrize("images", [0, 1])
def test_where_no_picture_has_a_figure_it_is_no_number_and_no_error(images: int) -> None:
    empty = table()[:images].assign(area=np.nan, inside=np.nan, shuffled_inside=np.nan, likeness_1=np.nan)
    found = explain(empty, groups(), 0)
    assert math.isnan(found.ratio.value)
    assert found.metrics()["lesions_segmented"] == 0
    assert not found.unchanged


def test_metrics_are_flat_with_their_intervals() -> None:
    metrics = explain(table(), groups(), 0).metrics()
    assert set(metrics) == {"lesions_segmented"} | {
        f"{name}{end}"
        for name in (
            "map_energy_inside", "lesion_area_share", "map_energy_ratio", "shuffled_map_energy_inside",
            "maps_shuffled_correlation",
        )
        for end in ("", "_low", "_high")
    }  # fmt: skip
