"""Predictions are read side by side, and what does not fit together is refused by name."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from components.common.errors import DataError
from components.common.member import read_member
from components.evaluate.inputs import Split, read_splits
from tests.evaluate.conftest import IMAGES, Inputs


def read(inputs: Inputs) -> dict[str, Split]:
    return read_splits(inputs.manifest, [read_member(folder) for folder in inputs.members], inputs.predictions)


def test_the_members_stand_side_by_side(inputs: Inputs) -> None:
    splits = read(inputs)
    assert {name: len(split.labels) for name, split in splits.items()} == IMAGES
    test = splits["test"]
    assert test.probabilities.shape == (180, 3, 9)
    second = pd.read_parquet(inputs.predictions[1]).set_index("image_id").loc[test.images["image_id"][5]]
    np.testing.assert_allclose(test.probabilities[5, 1], second.filter(like="p_").to_numpy(float))
    assert list(test.images["group"]) == list(test.images["image_id"])


def test_the_order_of_a_members_rows_does_not_matter(inputs: Inputs) -> None:
    before = read(inputs)["test"].probabilities
    pd.read_parquet(inputs.predictions[1]).sample(frac=1, random_state=1).to_parquet(inputs.predictions[1])
    np.testing.assert_array_equal(read(inputs)["test"].probabilities, before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.iloc[1:], "b0 and b1 were trained on different records: 1 images are predicted by one"),
        (lambda table: table.assign(label=0), "b0 and b1 .* splits or labels differ"),
        (lambda table: table.drop(columns="p_DF"), "predictions of b1 .* lack the columns p_DF"),
        (lambda table: table.assign(p_MEL=np.nan), "b1 gives 450 images no probabilities .* first"),
        (lambda table: table.assign(p_MEL=table["p_MEL"] + 1), "b1 gives 450 images no probabilities"),
        (lambda table: table.assign(p_MEL=-table["p_MEL"]), "b1 gives 450 images no probabilities"),
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
