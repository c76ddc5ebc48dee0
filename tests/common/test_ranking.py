"""Areas under curves, against scikit-learn's with sample weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score, roc_auc_score

from components.common.ranking import Ranking


@given(st.integers(0, 10_000), st.sampled_from([2, 5, 1000]), st.booleans())
def test_areas_are_those_of_scikit_learn_ties_and_weights_of_zero_included(
    seed: int, levels: int, some_only: bool
) -> None:
    random = np.random.default_rng(seed)
    images = int(random.integers(4, 60))
    positive, score = random.random(images) < 0.4, random.integers(levels, size=images) / levels
    weights = random.integers(0, 4, (images, 3)).astype(float)
    counted = random.random(images) < 0.7 if some_only else np.ones(images, bool)
    auc, precision = Ranking(positive, score, counted).areas(weights)
    for column in range(3):
        weight = weights[counted, column]
        if weight[positive[counted]].sum() == 0 or weight[~positive[counted]].sum() == 0:
            assert np.isnan(auc[column])
            continue
        expected = roc_auc_score(positive[counted], score[counted], sample_weight=weight)
        assert auc[column] == pytest.approx(expected, abs=1e-12)
        expected = average_precision_score(positive[counted], score[counted], sample_weight=weight)
        assert precision[column] == pytest.approx(expected, abs=1e-12)


def test_an_outcome_that_no_image_has_has_no_areas() -> None:
    auc, precision = Ranking(np.zeros(3, bool), np.arange(3.0)).areas(np.ones((3, 2)))
    assert np.isnan([*auc, *precision]).all()


def test_an_outcome_that_all_images_have_has_no_area_under_the_roc_curve() -> None:
    auc, precision = Ranking(np.ones(3, bool), np.arange(3.0)).areas(np.ones((3, 1)))
    assert np.isnan(auc).all()
    np.testing.assert_allclose(precision, 1)
