"""Predictions as a table."""

import numpy as np

from components.common.predictions import malignant_score, prediction_table, probability_columns
from components.common.taxonomy import CLASSES


def test_the_table_has_a_column_for_each_class_in_order() -> None:
    probabilities = np.arange(18, dtype=np.float32).reshape(2, 9)
    table = prediction_table("test", ["a", "b"], np.array([3, 8]), probabilities, np.array([1.0, 2.5]))
    assert list(table.columns) == ["image_id", "split", "label", *(f"p_{name}" for name in CLASSES), "feature_distance"]
    np.testing.assert_array_equal(table[probability_columns()].to_numpy(), probabilities)
    assert list(table["split"]) == ["test", "test"]
    assert list(table["feature_distance"]) == [1.0, 2.5]


def test_the_malignant_score_is_the_sum_of_melanoma_and_the_two_carcinomas() -> None:
    probabilities = np.array([[0.3, 0.1, 0.2, 0.1, 0.1, 0, 0, 0.15, 0.05]])
    np.testing.assert_allclose(malignant_score(probabilities), 0.65)
