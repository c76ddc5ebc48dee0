"""Splits that keep every group whole and every class spread as evenly as the groups allow."""

import itertools
import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold

from components.common.errors import DataError
from components.common.taxonomy import SPLITS

FOLDS = 7
"""One fold is the test split, one validation, the other five train."""


def assign_splits(labels: pd.Series, groups: pd.Series, seed: int) -> pd.Series:
    """Give each image a split.

    Args:
        labels: the class of each image.
        groups: the group of each image, with the same index.
        seed: decides which groups go where.

    Returns:
        One of `taxonomy.SPLITS` for each image; none of the three is empty.

    Raises:
        DataError: there is only one class, or there are too few groups or images for three splits.
    """
    if labels.nunique() < 2:
        raise DataError(f"all images are of one class, {', '.join(labels.unique())}: nothing can be learnt from them")
    folds = _folds(labels, groups, seed)
    counts = pd.crosstab(folds, labels).to_numpy()
    if len(counts) < len(SPLITS):
        raise DataError(
            f"{len(labels)} images in {groups.nunique()} groups (patients, lesions, copies) are too few for "
            f"{', '.join(SPLITS)}: at least {len(SPLITS)} groups and a class of {len(SPLITS)} images are needed"
        )
    test, validation = _best_pair(counts)
    splits = np.full(len(folds), "train", dtype=object)
    splits[folds == test] = "test"
    splits[folds == validation] = "validation"
    return pd.Series(splits, labels.index, dtype="str", name="split")


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


def _folds(labels: pd.Series, groups: pd.Series, seed: int) -> np.ndarray:
    """The fold of each image, int64 [images], 0 to at most FOLDS - 1 without gaps."""
    count = min(FOLDS, groups.nunique(), int(labels.value_counts().max()))
    folds = np.zeros(len(labels), np.int64)
    if count < len(SPLITS):
        return folds
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        # The data card says it, and in terms of splits.
        warnings.filterwarnings("ignore", "The least populated class")
        for fold, (_, members) in enumerate(splitter.split(labels, labels, groups)):
            folds[members] = fold
    return np.unique(folds, return_inverse=True)[1]


def _best_pair(counts: np.ndarray) -> tuple[int, int]:
    """Choose the folds for test and validation: first, train has every class; then, they have; then, even shares.

    Args:
        counts: int64 [folds, classes].
    """
    share = counts.sum(axis=0) / len(counts)

    def badness(pair: tuple[int, int]) -> tuple[int, int, float]:
        held_out = counts[list(pair)]
        train = counts.sum(axis=0) - held_out.sum(axis=0)
        return int((train == 0).sum()), int((held_out == 0).sum()), float(np.abs(held_out - share).sum())

    return min(itertools.permutations(range(len(counts)), 2), key=badness)
