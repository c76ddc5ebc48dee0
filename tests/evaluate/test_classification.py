"""Metadata of KFP's ClassificationMetrics."""

import numpy as np
from sklearn.metrics import auc

from components.common.taxonomy import CLASSES
from components.evaluate.classification import confusion_metadata, roc_metadata


def test_rows_are_the_true_classes() -> None:
    matrix = confusion_metadata(np.array([0, 0, 1]), np.array([0, 1, 1]))["confusionMatrix"]
    assert [spec["displayName"] for spec in matrix["annotationSpecs"]] == list(CLASSES)
    assert matrix["rows"][0]["row"] == [1, 1, 0, 0, 0, 0, 0, 0, 0]
    assert matrix["rows"][1]["row"] == [0, 1, 0, 0, 0, 0, 0, 0, 0]


def test_a_long_curve_is_thinned_without_losing_its_area() -> None:
    random = np.random.default_rng(0)
    positive = random.random(20_000) < 0.3
    points = roc_metadata(positive, random.normal(positive * 1.0))["confidenceMetrics"]
    area = auc([point["falsePositiveRate"] for point in points], [point["recall"] for point in points])
    assert len(points) <= 200
    assert abs(area - 0.76) < 0.01
    assert all(np.isfinite(list(point.values())).all() for point in points)


def test_one_outcome_alone_has_no_curve() -> None:
    assert roc_metadata(np.array([True, True]), np.array([0.1, 0.2])) == {"confidenceMetrics": []}
