"""The collection of figures and pictures while the images go by."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from components.robustness.batches import Batch, read_batches, shrunk
from components.robustness.explaining import ORDERS, SHOWN, Explained, likenesses
from components.robustness.heatmaps import likeness, share_inside
from components.robustness.inputs import Inputs, read_inputs
from components.robustness.model import Model
from components.robustness.segmentation import segment
from tests.robustness.conftest import IMAGES, SETTINGS, SIDE, Workplace


@pytest.fixture(scope="module")
def everything(workplace: Workplace) -> Inputs:
    return read_inputs(workplace.model, workplace.records, workplace.manifest, replace(SETTINGS, images=0))


@pytest.fixture(scope="module")
def shuffled(everything: Inputs) -> list[Model]:
    return [everything.model.shuffled(order) for order in range(ORDERS)]


def part(batch: Batch, places: list[int]) -> Batch:
    names, pictures = ([field[place] for place in places] for field in (batch.image_ids, batch.pictures))
    return Batch(names, batch.labels[places], pictures, batch.demographics[places])


def gathered(everything: Inputs, shuffled: list[Model], *orders: list[int]) -> Explained:
    """From batches of these places among the first sixteen images."""
    explained, first = Explained(shuffled, 0), next(read_batches(everything.records, SIDE, everything.groups))
    for order in orders:
        batch = part(first, order)
        pictures = shrunk(batch.pictures, everything.model.crops)
        explained.add(batch, pictures, everything.model.answer(pictures, batch.demographics))
    return explained


def test_a_row_holds_the_figures_of_the_map_of_the_class_decided_on(everything: Inputs, shuffled: list[Model]) -> None:
    (row,) = gathered(everything, shuffled, [3]).table().to_dict("records")
    batch = part(next(read_batches(everything.records, SIDE, everything.groups)), [3])
    pictures, lesion = shrunk(batch.pictures, everything.model.crops), segment(batch.pictures[0])
    assert lesion is not None
    answer = everything.model.answer(pictures, batch.demographics)
    of_class = answer.decided[0, 0]
    others = [model.answer(pictures, batch.demographics).heatmaps[0, of_class] for model in shuffled]
    heatmap = answer.heatmaps[0, of_class]
    assert row["image_id"] == "ISIC_0000003"
    assert row["area"] == lesion.mean()
    assert row["inside"] == share_inside(heatmap, lesion)
    assert [row[name] for name in likenesses()] == [likeness(heatmap, other) for other in others]


def test_order_and_batches_change_neither_rows_nor_what_is_shown(everything: Inputs, shuffled: list[Model]) -> None:
    together = gathered(everything, shuffled, list(range(16)))
    apart = gathered(everything, shuffled, [9, 3, 15, 0, 7], [1, 2, 4, 5, 6, 8], [14, 13, 12, 11, 10])
    pd.testing.assert_frame_equal(together.table(), apart.table())
    assert [one.image_id for one in together.shown] == [one.image_id for one in apart.shown]


def test_of_right_and_of_wrong_decisions_some_are_shown(everything: Inputs, shuffled: list[Model]) -> None:
    shown = gathered(everything, shuffled, list(range(16))).shown
    assert 0 < len(shown) <= 2 * SHOWN < IMAGES
    assert [one.right for one in shown] == sorted((one.right for one in shown), reverse=True)
    assert any(one.right for one in shown)
    assert sum(not one.right for one in shown) == SHOWN


def test_a_picture_without_a_lesion_keeps_its_likeness_alone(everything: Inputs, shuffled: list[Model]) -> None:
    even = [np.full((SIDE, SIDE, 3), 150, np.uint8)]
    batch = replace(part(next(read_batches(everything.records, SIDE, everything.groups)), [0]), pictures=even)
    explained, pictures = Explained(shuffled, 0), shrunk(even, everything.model.crops)
    answer = everything.model.answer(pictures, batch.demographics)
    noise = np.random.default_rng(0).normal(size=answer.heatmaps.shape)
    explained.add(batch, pictures, replace(answer, heatmaps=noise))
    row = explained.table().iloc[0]
    assert row[["area", "inside", "shuffled_inside"]].isna().all()
    assert explained.shown[0].lesion is None


def test_without_images_the_table_is_empty(shuffled: list[Model]) -> None:
    assert Explained(shuffled, 0).table().empty
