"""Leakage: nothing that belongs together crosses splits, for any tables, at first and after data is added.

What belongs together is told here pair by pair from the tables themselves, without the code that finds the groups.
"""

import hashlib
from itertools import combinations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.common.errors import DataError
from components.ingest.groups import group_images
from components.ingest.near_identical import NEAR_DISTANCE
from components.ingest.splits import assign_splits, check_no_leak, settled_groups

PICTURES = [hashlib.sha256(bytes([number])).hexdigest() for number in range(256)]
few, many = st.integers(0, 6), st.integers(0, 40)


@st.composite
def tables(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Random images with every kind of tie, and a list of known duplicates of which some are absent."""
    rows = []
    for number in range(draw(st.integers(8, 40))):
        # Most images are pictures of their own; some are copies of the bytes of a few, or nearly.
        source = draw(many) if draw(few) == 0 else number + 100
        copied = draw(st.booleans())
        flipped = 0 if copied else sum({1 << draw(st.integers(0, 255)) for _ in range(draw(few))})
        twin = draw(few) == 0 and number
        rows.append(
            {
                "image_id": f"ISIC_{number - 1}_downsampled" if twin else f"ISIC_{number}",
                "label": draw(st.sampled_from(["MEL", "NV", "DF"])),
                "patient_id": f"IP_{draw(many)}" if draw(few) else None,
                "lesion_id": f"HAM_{draw(many)}" if draw(few) else None,
                "sha256": f"of picture {source}" if copied else f"of image {number}",
                "phash": f"{int(PICTURES[source], 16) ^ flipped:064x}",
            }
        )
    images = pd.DataFrame(rows).drop_duplicates("image_id", ignore_index=True).astype("str")
    pairs = [(f"ISIC_{draw(many)}", f"ISIC_{draw(many)}") for _ in range(draw(few))]
    return images, pd.DataFrame(pairs, columns=["image_id_1", "image_id_2"], dtype="str")


def tied(images: pd.DataFrame, duplicates: pd.DataFrame) -> list[tuple[str, str]]:
    """Every pair of images that must be in one split."""
    listed = {frozenset(pair) for pair in duplicates.to_numpy().tolist()}
    found = []
    for one, other in combinations(images.to_dict("records"), 2):
        same = any(one[key] == other[key] for key in ("patient_id", "lesion_id", "sha256") if isinstance(one[key], str))
        near = (int(one["phash"], 16) ^ int(other["phash"], 16)).bit_count() <= NEAR_DISTANCE // 2
        names = [row["image_id"].removesuffix("_downsampled") for row in (one, other)]
        if same or near or names[0] == names[1] or frozenset(names) in listed:
            found.append((one["image_id"], other["image_id"]))
    return found


def split(images: pd.DataFrame, duplicates: pd.DataFrame, settled: pd.Series | None = None) -> pd.Series:
    groups = images["image_id"].map(group_images(images, duplicates).names)
    return assign_splits(images["label"], groups, 0, settled).set_axis(images["image_id"])


@settings(max_examples=80, deadline=None)
@given(tables())
def test_nothing_that_belongs_together_is_in_two_splits(table: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    images, duplicates = table
    try:
        splits = split(images, duplicates)
    except DataError:  # one class, or hardly a group
        return
    assert [pair for pair in tied(images, duplicates) if splits[pair[0]] != splits[pair[1]]] == []


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(3, 20))
def test_nor_after_data_is_added_and_no_image_moves(table: tuple[pd.DataFrame, pd.DataFrame], count: int) -> None:
    images, duplicates = table
    old = images[:count]
    try:
        before = split(old, duplicates)
        groups = group_images(images, duplicates).names
        settled = settled_groups(groups, before)
        after = split(images, duplicates, settled)
    except DataError:
        return
    crossing = after.reindex(before.index) != before
    kept = after.drop(before.index[crossing])  # what ingest puts into the quarantine
    assert (kept.reindex(before.index[~crossing]) == before[~crossing]).all()
    leaks = [(one, other) for one, other in tied(images, duplicates) if one in kept and other in kept]
    assert [pair for pair in leaks if kept[pair[0]] != kept[pair[1]]] == []


@pytest.mark.parametrize("tie", ["patient_id", "lesion_id", "sha256", "phash", "twin", "listed"])
def test_a_leak_made_on_purpose_is_found_whatever_ties_the_two(tie: str) -> None:
    images = pd.DataFrame(
        {
            "image_id": [f"ISIC_{number}" for number in range(40)],
            "label": ["MEL", "NV"] * 20,
            "patient_id": None,
            "lesion_id": None,
            "sha256": [f"sha {number}" for number in range(40)],
            "phash": PICTURES[:40],
        }
    ).astype("str")
    duplicates = pd.DataFrame({"image_id_1": [], "image_id_2": []}, dtype="str")
    apart = split(images, duplicates)
    one = images.index[images["image_id"].map(apart) == "train"][0]
    other = images.index[images["image_id"].map(apart) == "test"][0]
    if tie == "listed":
        duplicates = images.loc[[one, other], ["image_id"]].T.set_axis(["image_id_1", "image_id_2"], axis=1)
    elif tie == "twin":
        apart = apart.rename({images.at[other, "image_id"]: images.at[one, "image_id"] + "_downsampled"})
        images.loc[other, "image_id"] = images.at[one, "image_id"] + "_downsampled"
    else:
        images.loc[[one, other], tie] = images.at[one, tie] if tie in ("sha256", "phash") else "the same"
    groups = images["image_id"].map(group_images(images, duplicates).names)
    with pytest.raises(DataError, match="groups in more than one split: 1"):
        check_no_leak(groups, images["image_id"].map(apart))
