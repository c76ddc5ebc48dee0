"""Predictions are read side by side, and what does not fit together is refused by name."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from components.common.errors import DataError
from components.common.predictions import probability_columns
from tests.evaluate.conftest import IMAGES, Inputs, read


def test_the_members_stand_side_by_side(inputs: Inputs) -> None:
    splits = read(inputs)
    assert {name: len(split.labels) for name, split in splits.items()} == IMAGES
    test = splits["test"]
    assert test.probabilities.shape == (180, 3, 9)
    second = pd.read_parquet(inputs.predictions[1]).set_index("image_id").loc[test.images["image_id"][5]]
    np.testing.assert_allclose(test.probabilities[5, 1], second.filter(like="p_").to_numpy(float))
    assert (test.images["group"].value_counts() == 2).all()
    assert set(test.images["sex"]) == {"female", "male"}


def test_the_order_of_a_members_rows_does_not_matter(inputs: Inputs) -> None:
    before = read(inputs)["test"].probabilities
    pd.read_parquet(inputs.predictions[1]).sample(frac=1, random_state=1).to_parquet(inputs.predictions[1])
    np.testing.assert_array_equal(read(inputs)["test"].probabilities, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda table: table.iloc[1:],
            "b0 and b1 .* different records: b1 lacks 1 images of the other, train_000 first",
        ),
        (
            lambda table: table.assign(image_id="x" + table["image_id"]),
            "b0 lacks 450 .*, b1 lacks 450 .*, test_000 first",
        ),
        (lambda table: table.assign(label=0), "b0 and b1 .* splits or labels differ"),
        (lambda table: table.drop(columns="p_DF"), "predictions of b1 .* lack the columns p_DF"),
        (
            lambda table: table[["image_id", "split", "label", *sorted(probability_columns()), "feature_distance"]],
            "predictions of b1 .* have the classes in the order p_AK, p_BCC, .*, this version has p_MEL, p_NV",
        ),
        (lambda table: pd.concat([table, table.iloc[[5]]]), "b1 has 1 images more than once, train_005 first"),
        (lambda table: table.assign(label=9), "b1 has 450 images whose label is not 0 to 8 .* train_000 first"),
        (lambda table: table.assign(split="dev"), "b1 has 450 images .* whose split is not of train, validation, test"),
        (lambda table: table.assign(p_MEL=np.nan), "b1 gives 450 images no probabilities .* first"),
        (lambda table: table.assign(p_MEL=table["p_MEL"] + 1), "b1 gives 450 images no probabilities"),
        (lambda table: table.assign(p_MEL=-table["p_MEL"]), "b1 gives 450 images no probabilities"),
        (
            lambda table: table.drop(columns="feature_distance"),
            "predictions of b1 .* lack the columns feature_distance",
        ),
        (lambda table: table.assign(feature_distance=np.nan), "b1 gives 450 images no feature_distance .* first"),
    ],
)
def test_predictions_that_do_not_fit_are_refused_by_name(
    inputs: Inputs, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    change(pd.read_parquet(inputs.predictions[1])).to_parquet(inputs.predictions[1])
    with pytest.raises(DataError, match=message):
        read(inputs)


def test_a_split_without_predictions_is_refused(inputs: Inputs) -> None:
    for file in inputs.predictions:
        table = pd.read_parquet(file)
        table[table["split"] != "validation"].to_parquet(file)
    with pytest.raises(DataError, match="no validation images"):
        read(inputs)


def test_an_image_that_the_manifest_does_not_know_is_named(inputs: Inputs) -> None:
    table = pd.read_parquet(inputs.manifest / "manifest.parquet")
    table[table["image_id"] != "test_007"].to_parquet(inputs.manifest / "manifest.parquet")
    with pytest.raises(DataError, match="1 predicted images are not in the manifest, test_007 first"):
        read(inputs)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_of_one_class_is_refused_by_name(inputs: Inputs, split: str) -> None:
    for file in inputs.predictions:
        table = pd.read_parquet(file)
        table.loc[table["split"] == split, "label"] = 1
        table.to_parquet(file)
    with pytest.raises(DataError, match=f"all {IMAGES[split]} {split} images are of class NV"):
        read(inputs)


def test_a_manifest_of_another_version_is_refused_by_its_columns(inputs: Inputs) -> None:
    file = inputs.manifest / "manifest.parquet"
    pd.read_parquet(file).drop(columns=["sex", "typology_angle"]).to_parquet(file)
    with pytest.raises(DataError, match="manifest lacks the columns sex, typology_angle: run ingest again"):
        read(inputs)
