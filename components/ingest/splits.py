"""Splits that keep every group whole, spread every class as evenly as the groups allow, and stay as they are when data
is added."""

import hashlib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from components.common.errors import DataError
from components.common.taxonomy import SPLITS

SHARES: Mapping[str, float] = {"train": 5 / 7, "validation": 1 / 7, "test": 1 / 7}
"""What part of each class goes where."""


def assign_splits(labels: pd.Series, groups: pd.Series, seed: int, settled: pd.Series | None = None) -> pd.Series:
    """Give each image a split: iterative stratification (Sechidis et al. 2011, doi 10.1007/978-3-642-23808-6_10) of
    groups.

    The rarest class comes first, in each class the group with the most images of it; a group goes to the split that
    lacks the most of the class.

    Args:
        labels: the class of each image.
        groups: the group of each image, with the same index.
        seed: decides which of several equal groups comes first.
        settled: the split of groups that have one already, by group (`settled_groups`); they keep it.

    Returns:
        One of `taxonomy.SPLITS` for each image, with the same index; none of the three is empty.

    Raises:
        DataError: there is only one class, or there are too few groups or images for three splits.
    """
    if labels.nunique() < 2:
        raise DataError(f"all images are of one class, {', '.join(labels.unique())}: nothing can be learnt from them")
    counts = pd.crosstab(groups, labels)
    known = (settled if settled is not None else pd.Series(dtype="str")).reindex(counts.index)
    places = known.map({split: place for place, split in enumerate(SPLITS)}).fillna(-1).astype("int64").to_numpy()
    digests = [hashlib.sha256(f"{seed}:{group}".encode()).hexdigest() for group in counts.index]
    places = _filled(counts.to_numpy(), places, np.argsort(digests))
    chosen = pd.Series(np.array(SPLITS)[places], counts.index)
    splits = groups.map(chosen).astype("str").rename("split")
    if absent := [split for split in SPLITS if split not in set(splits)]:
        if counts.index.isin(known.dropna().index).any() and groups.nunique() >= len(SPLITS):
            raise DataError(
                f"no image would be in {', '.join(absent)}: earlier states of the data settle where the groups go; add "
                "data, or start anew: remove the folder history/ of the workspace, or take another seed"
            )
        raise DataError(
            f"{len(labels)} images in {groups.nunique()} groups (patients, lesions, copies) are too few for "
            f"{', '.join(SPLITS)}: at least {len(SPLITS)} groups are needed"
        )
    return splits


def settled_groups(groups: pd.Series, splits: pd.Series) -> pd.Series:
    """The split of each group that has images of earlier states of the data.

    Where new data joins what was in several splits, the group belongs to the one that a model has learnt the most from:
    train before validation before test.

    Args:
        groups: the group of each image, by image_id.
        splits: the split that images had, by image_id.

    Returns:
        The split by group.
    """
    order = {split: place for place, split in enumerate(SPLITS)}
    first = splits.map(order).groupby(groups.reindex(splits.index)).min()
    return first.map(dict(enumerate(SPLITS))).astype("str")


def check_no_leak(groups: pd.Series, splits: pd.Series) -> None:
    """Make sure that no group crosses splits.

    Raises:
        DataError: one does; the message names it.
    """
    crossing = splits.groupby(groups).nunique()
    crossing = crossing[crossing > 1]
    if len(crossing):
        raise DataError(
            f"groups in more than one split: {len(crossing)}, e.g. the group of {crossing.index[0]}; the figures of "
            "the test split would be too good; this is a fault of the splitting, not of the data"
        )


def _filled(counts: np.ndarray, places: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Give every group without a place its split.

    Args:
        counts: int64 [groups, classes], images.
        places: int64 [groups], index in `SPLITS`, -1 where there is none yet.
        order: int64 [groups], which of equal groups comes first.

    Returns:
        int64 [groups], index in `SPLITS`.
    """
    places = places.copy()
    lacking = _wanted(counts)
    for split in range(len(SPLITS)):
        lacking[split] -= counts[places == split].sum(axis=0)
    # Plain lists: the loop does a few additions for each group, for which NumPy is slow.
    lack, totals = lacking.tolist(), lacking.sum(axis=1).tolist()
    left = int((places < 0).sum())
    empty = set(range(len(SPLITS))) - set(places.tolist())
    for label in np.argsort(counts.sum(axis=0), kind="stable"):
        waiting = order[(places[order] < 0) & (counts[order, label] > 0)]
        waiting = waiting[np.argsort(-counts[waiting, label], kind="stable")]
        for group, row in zip(waiting.tolist(), counts[waiting].tolist(), strict=True):
            # The last groups go where there is nothing yet, should it come to that.
            choice = sorted(empty) if left <= len(empty) else range(len(SPLITS))
            split = max(choice, key=lambda split: (lack[split][label], totals[split]))
            places[group] = split
            left -= 1
            empty.discard(split)
            totals[split] -= sum(row)
            lack[split] = [have - count for have, count in zip(lack[split], row, strict=True)]
    return places


def _wanted(counts: np.ndarray) -> np.ndarray:
    """How many images of each class each split should have: float64 [splits, classes]."""
    images = counts.sum(axis=0)
    wanted = np.outer([SHARES[split] for split in SPLITS], images)
    # Of a rare class, one image in validation and in test is worth more than the even share.
    enough = (counts > 0).sum(axis=0) >= len(SPLITS)
    wanted[1:, enough] = np.maximum(wanted[1:, enough], 1.0)
    wanted[0] = images - wanted[1:].sum(axis=0)
    return wanted
