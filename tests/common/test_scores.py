"""Macro AUC against scikit-learn's own, and where that gives up."""

import math

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from components.common.scores import macro_auc


def test_it_equals_scikit_learns_where_all_classes_are_there() -> None:
    random = np.random.default_rng(0)
    labels, probabilities = np.arange(90) % 9, random.dirichlet(np.ones(9), 90)
    expected = roc_auc_score(labels, probabilities, multi_class="ovr", average="macro")
    assert macro_auc(labels, probabilities) == pytest.approx(expected)


def test_a_class_without_images_is_left_out() -> None:
    labels = np.array([0, 0, 1, 1])
    probabilities = np.zeros((4, 9))
    probabilities[:, 0] = [0.9, 0.8, 0.1, 0.2]
    probabilities[:, 1] = [0.5, 0.1, 0.4, 0.6]
    assert macro_auc(labels, probabilities) == pytest.approx((1.0 + 0.75) / 2)


def test_one_class_alone_has_none() -> None:
    assert math.isnan(macro_auc(np.zeros(4, int), np.ones((4, 9)) / 9))
