from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.common.errors import DataError, StorageError
from components.common.predictions import probability_columns
from components.common.reference import make_reference, read_reference, write_reference
from components.common.taxonomy import CLASSES


def predictions(count: int = 50) -> pd.DataFrame:
    """Of each image one class, with probability 0.92 but for the first ten."""
    table = np.full((count, len(CLASSES)), 0.01)
    table[np.arange(count), np.arange(count) % len(CLASSES)] = 0.92
    table[:10] = 1 / len(CLASSES)
    return pd.DataFrame(table, columns=probability_columns()).assign(out_of_distribution=np.linspace(-1, 3, count))


def images() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_id": ["ISIC_1", "ISIC_2", "ISIC_3"],
            "patient_id": ["IP_1", "IP_1", "IP_2"],
            "age": [45.0, np.nan, 92.0],
            "sex": ["male", None, np.nan],
            "site": ["torso", "torso", pd.NA],
        }
    )


def test_inputs_are_counted_over_the_images_and_outputs_over_the_predictions() -> None:
    features = make_reference(predictions(), images(), 0.5, 2.0).features

    assert set(features) == {
        "age", "sex", "site", "predicted_class", "malignant_probability", "out_of_distribution", "abstain", "unusual",
    }  # fmt: skip
    age = features["age"]
    assert {label: n for label, n in zip(age.labels, age.counts, strict=True) if n} == {
        "40 to 50": 1,
        "90 and above": 1,
        "unknown": 1,
    }
    assert features["sex"].counts == (0, 1, 2)
    assert features["abstain"].counts == (40, 10, 0)
    assert features["unusual"].counts == (int((predictions()["out_of_distribution"] <= 2).sum()), 12 + 1, 0)
    assert features["predicted_class"].total == 50


def test_the_bins_of_a_score_hold_a_tenth_each() -> None:
    score = make_reference(predictions(), images(), 0.5, 2.0).features["out_of_distribution"]

    assert score.counts == (*[5] * 10, 0)
    assert score.edges == tuple(np.round(score.edges, 3))


def test_scores_that_are_all_alike_make_one_edge() -> None:
    alike = predictions().assign(out_of_distribution=1.0)

    assert make_reference(alike, images(), 0.5, 2.0).features["out_of_distribution"].edges == (1.0,)


def test_brightness_and_quality_are_counted_where_they_were_measured() -> None:
    measured = images().assign(brightness=[0.2, 0.5, np.nan], quality=[["blurred"], [], ["blurred", "too_dark"]])

    features = make_reference(predictions(), measured, 0.5, 2.0).features

    assert features["brightness"].total == 3
    assert features["quality_blurred"].counts == (1, 2, 0)


def test_it_comes_back_from_its_file_and_names_nobody(tmp_path: Path) -> None:
    reference = make_reference(predictions(), images(), 0.5, 2.0)

    write_reference(tmp_path / "reference.json", reference)

    assert read_reference(tmp_path / "reference.json") == reference
    text = (tmp_path / "reference.json").read_text()
    assert "ISIC_" not in text
    assert "IP_" not in text


def test_a_model_may_have_none(tmp_path: Path) -> None:
    assert read_reference(tmp_path / "reference.json") is None


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        '{"form": 1, "features": {"age": {}}}',
        '{"form": 1, "features": {"age": {"labels": ["a"], "counts": [1, 2], "edges": []}}}',
        '{"form": 1, "features": {"age": {"labels": ["a"], "counts": [1], "edges": [3]}}}',
    ],
)
def test_what_is_no_reference_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "reference.json").write_text(text)

    with pytest.raises(DataError, match="reference.json is no reference: .*run the stage that writes it again"):
        read_reference(tmp_path / "reference.json")


def test_a_reference_of_another_form_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reference.json").write_text('{"form": 2}')

    with pytest.raises(DataError, match="is of form 2, and this program reads 1"):
        read_reference(tmp_path / "reference.json")


def test_what_is_not_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "reference.json").write_text("{")

    with pytest.raises(StorageError, match="cannot read"):
        read_reference(tmp_path / "reference.json")


def test_tables_that_lack_something_are_refused() -> None:
    with pytest.raises(DataError, match="the predictions lack the columns out_of_distribution"):
        make_reference(predictions().drop(columns="out_of_distribution"), images(), 0.5, 2.0)
    with pytest.raises(DataError, match="the images lack the columns sex, site"):
        make_reference(predictions(), images()[["age"]], 0.5, 2.0)
    with pytest.raises(DataError, match="there are no predictions"):
        make_reference(predictions()[:0], images(), 0.5, 2.0)
