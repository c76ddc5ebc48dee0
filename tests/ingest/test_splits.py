"""No group crosses splits, whatever the data; classes are spread as evenly as the groups allow; nothing moves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.common.errors import DataError
from components.common.taxonomy import SPLITS
from components.ingest.splits import assign_splits, check_no_leak, settled_groups

ROWS = st.lists(st.tuples(st.sampled_from(["MEL", "NV", "BCC", "DF"]), st.integers(0, 30)), min_size=3, max_size=120)


def table(labels: list[str], groups: list[int]) -> tuple[pd.Series, pd.Series]:
    return pd.Series(labels, dtype="str"), pd.Series([f"group {group}" for group in groups], dtype="str")


@settings(max_examples=60, deadline=None)
@given(ROWS, st.integers(0, 2**32 - 1))
def test_no_group_crosses_splits_and_no_split_is_empty(rows: list[tuple[str, int]], seed: int) -> None:
    labels, groups = table([label for label, _ in rows], [group for _, group in rows])
    if labels.nunique() < 2 or groups.nunique() < 3:
        with pytest.raises(DataError):
            assign_splits(labels, groups, seed)
        return
    splits = assign_splits(labels, groups, seed)
    check_no_leak(groups, splits)
    assert set(splits) == set(SPLITS)


@settings(max_examples=60, deadline=None)
@given(ROWS, ROWS)
def test_groups_that_are_settled_stay_where_they_are(old: list[tuple[str, int]], new: list[tuple[str, int]]) -> None:
    labels, groups = table([label for label, _ in old], [group for _, group in old])
    if labels.nunique() < 2 or groups.nunique() < 3:
        return
    before = assign_splits(labels, groups, 0)
    more_labels, more_groups = table([label for label, _ in old + new], [group for _, group in old + new])
    after = assign_splits(more_labels, more_groups, 0, settled_groups(groups, before))
    assert after[: len(old)].tolist() == before.tolist()
    check_no_leak(more_groups, after)


def test_new_groups_bring_the_shares_back_to_what_they_should_be() -> None:
    labels, groups = table(["NV", "MEL"] * 70, list(range(140)))
    settled = pd.Series("train", [f"group {number}" for number in range(70)])
    counts = assign_splits(labels, groups, 0, settled).value_counts()
    assert counts.to_dict() == {"train": 100, "validation": 20, "test": 20}


def test_a_group_that_joins_several_splits_belongs_to_the_one_most_was_learnt_from() -> None:
    groups = pd.Series({"a": "one", "b": "one", "c": "two", "d": "two", "e": "three"})
    splits = pd.Series({"a": "test", "b": "train", "c": "test", "d": "validation"})
    assert settled_groups(groups, splits).to_dict() == {"one": "train", "two": "validation"}


def test_a_leak_made_on_purpose_is_found_and_named() -> None:
    labels, groups = table(["MEL", "NV"] * 30, [number // 3 for number in range(60)])
    splits = assign_splits(labels, groups, 0)
    splits[0] = next(split for split in SPLITS if split != splits[0])
    with pytest.raises(DataError, match="groups in more than one split: 1, e.g. the group of group 0"):
        check_no_leak(groups, splits)


def test_every_class_is_spread_five_to_one_to_one() -> None:
    labels, groups = table(["NV"] * 700 + ["MEL"] * 140 + ["DF"] * 28, [number // 2 for number in range(868)])
    counts = pd.crosstab(labels, assign_splits(labels, groups, 0))[list(SPLITS)]
    assert counts.loc["NV"].tolist() == [500, 100, 100]
    assert counts.loc["MEL"].tolist() == [100, 20, 20]
    assert counts.loc["DF"].tolist() == [20, 4, 4]


def test_the_seed_decides() -> None:
    labels, groups = table(["NV", "MEL"] * 100, [number // 2 for number in range(200)])
    first = assign_splits(labels, groups, 1)
    pd.testing.assert_series_equal(first, assign_splits(labels, groups, 1))
    assert (first != assign_splits(labels, groups, 2)).any()


def test_a_class_of_one_group_goes_to_train() -> None:
    labels, groups = table(["NV"] * 60 + ["DF"], list(range(61)))
    for seed in range(10):
        assert assign_splits(labels, groups, seed)[60] == "train"


def test_a_class_of_three_groups_is_in_every_split() -> None:
    labels, groups = table(["NV"] * 60 + ["DF"] * 3, list(range(63)))
    for seed in range(10):
        assert set(assign_splits(labels, groups, seed)[60:]) == set(SPLITS)


def test_one_giant_group_stays_whole_in_train() -> None:
    labels, groups = table(["NV", "MEL"] * 50, [0] * 60 + list(range(1, 41)))
    assert set(assign_splits(labels, groups, 0)[:60]) == {"train"}


def test_one_class_alone_is_an_error() -> None:
    labels, groups = table(["NV"] * 50, list(range(50)))
    with pytest.raises(DataError, match="all images are of one class, NV"):
        assign_splits(labels, groups, 0)


def test_two_groups_are_too_few() -> None:
    labels, groups = table(["NV", "MEL"] * 50, [0, 1] * 50)
    with pytest.raises(DataError, match="100 images in 2 groups .* are too few for train, validation, test"):
        assign_splits(labels, groups, 0)


def test_splitting_takes_no_notice_of_how_the_index_runs() -> None:
    labels, groups = table(["NV", "MEL"] * 50, [number // 2 for number in range(100)])
    splits = assign_splits(labels, groups, 0)
    index = np.arange(100) * 7 + 3
    assert assign_splits(labels.set_axis(index), groups.set_axis(index), 0).tolist() == splits.tolist()
