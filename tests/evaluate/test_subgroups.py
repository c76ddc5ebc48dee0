"""Subgroups, their figures, and the largest gap between them."""

import numpy as np
import pandas as pd
import pytest

from components.common.bootstrap import Resamples
from components.evaluate.subgroups import (
    ESTIMATED_TONE,
    Subgroup,
    attributes,
    figures_of,
    gaps,
    judge_subgroups,
    largest_gaps,
)


def images(**columns: list[object]) -> pd.DataFrame:
    known = {"sex": None, "age": np.nan, "site": None, "source": "isic2019", "fitzpatrick": np.nan}
    count = len(next(iter(columns.values())))
    table = {name: [value] * count for name, value in {**known, "typology_angle": np.nan}.items()} | columns
    return pd.DataFrame(table)


def test_ages_are_banded_and_the_bands_stay_in_order() -> None:
    ages = attributes(images(age=[29.0, 30.0, np.nan, 80.0, 59.9]))["age"]
    assert list(ages) == ["under 30", "30 to 44", "not given", "75 and over", "45 to 59"]
    assert list(ages.cat.categories) == ["under 30", "30 to 44", "45 to 59", "60 to 74", "75 and over", "not given"]


def test_skin_tones_are_those_of_the_typology_angle() -> None:
    assert list(attributes(images(typology_angle=[60.0, 30.0, np.nan, 0.0]))[ESTIMATED_TONE]) == [
        "I", "III", "not given", "VI",
    ]  # fmt: skip


def test_what_a_doctor_noted_stands_apart_from_the_estimate() -> None:
    found = attributes(images(fitzpatrick=[2.0, np.nan], typology_angle=[60.0, 60.0]))
    assert list(found["skin tone (noted by a doctor)"]) == ["II", "not given"]


def test_an_attribute_that_is_known_of_no_image_makes_no_subgroups() -> None:
    assert list(attributes(images(sex=["male", "female"]))) == ["sex", "source"]


@pytest.fixture
def judged() -> list[Subgroup]:
    """Of 8 melanomas of women 6 are found, of 8 of men 4; there are 8 benign images of women, and 3 of men."""
    sexes = ["female"] * 8 + ["male"] * 8 + ["female"] * 8 + ["male"] * 3
    labels = np.array([0] * 16 + [1] * 11)
    found = np.array([1] * 6 + [0] * 2 + [1] * 4 + [0] * 4 + [0] * 11)
    probabilities = np.zeros((27, 9))
    probabilities[:, 0], probabilities[:, 1] = 0.1 + 0.8 * found, 0.9 - 0.8 * found
    resamples = Resamples(np.arange(27), 100, 0)
    return judge_subgroups(images(sex=sexes), labels, probabilities, 0.5, resamples, minimum=4)


def test_figures_are_those_of_the_subgroups_images(judged: list[Subgroup]) -> None:
    women = judged[0]
    assert (women.attribute, women.name, women.images, women.malignant) == ("sex", "female", 16, 8)
    sensitivity, specificity, auc = (women.figure(name) for name in ("sensitivity", "specificity", "auc"))
    assert sensitivity is not None
    assert specificity is not None
    assert auc is not None
    assert sensitivity.value == 0.75
    assert sensitivity.low < 0.75 < sensitivity.high
    assert specificity.value == 1
    assert auc.value == pytest.approx(0.75 + 0.25 / 2)


def test_too_few_images_of_an_outcome_give_no_figure_about_it_and_the_text_says_why(judged: list[Subgroup]) -> None:
    men = judged[1]
    assert men.figure("sensitivity") is not None
    assert men.figure("specificity") is men.figure("auc") is None
    assert men.lacking == "3 benign"
    assert judged[0].lacking == ""


def test_the_largest_gap_names_both_subgroups(judged: list[Subgroup]) -> None:
    (gap,) = gaps(judged, "sensitivity")
    assert (gap.attribute, gap.worst, gap.best) == ("sex", "male", "female")
    assert gap.estimate.value == 0.25
    assert gap.estimate.low < 0 < gap.estimate.high


def test_a_figure_that_only_one_subgroup_has_makes_no_gap(judged: list[Subgroup]) -> None:
    assert gaps(judged, "specificity") == []
    assert set(largest_gaps(judged)) == {"sensitivity"}


def test_images_without_the_attribute_are_shown_and_make_no_gap() -> None:
    labels = np.array([0, 1] * 10)
    probabilities = np.eye(9)[np.where(np.arange(20) < 10, labels, 1)]
    sexes: list[object] = ["male"] * 10 + [None] * 10
    found = judge_subgroups(images(sex=sexes), labels, probabilities, 0.5, Resamples(np.arange(20), 100, 0), 5)
    assert [(one.name, one.images) for one in found if one.attribute == "sex"] == [("male", 10), ("not given", 10)]
    assert gaps(found, "sensitivity") == []


def test_all_figures_are_told_as_one_table(judged: list[Subgroup]) -> None:
    table = figures_of(judged)

    assert list(table) == ["attribute", "subgroup", "images", "malignant", "figure", "value", "low", "high"]
    women = table[(table["subgroup"] == "female") & (table["figure"] == "sensitivity")]
    assert women[["images", "malignant", "value"]].to_numpy().tolist() == [[16, 8, 0.75]]
