"""What surrounds the trainings of a member."""

import numpy as np
import pytest

from components.common.taxonomy import CLASSES
from components.train.history import Epoch
from components.train.training import missing_classes, speed


def epoch(seconds: float, stepping: float, waiting: float) -> Epoch:
    return Epoch(1, 1.0, 0.5, 1.0, 0.5, 0.7, 1e-3, seconds, stepping, waiting)


def test_classes_without_training_images_are_named_with_what_to_do(caplog: pytest.LogCaptureFixture) -> None:
    counts = np.ones(len(CLASSES), int)
    assert missing_classes(counts, "b4") == []
    assert not caplog.text
    counts[[2, 5]] = 0
    assert missing_classes(counts, "b4") == ["BCC", "DF"]
    assert "b4: the training split has no images of BCC, DF: no lesion will be given that diagnosis" in caplog.text


def test_the_waiting_share_is_of_the_steps_alone_and_the_rate_of_all() -> None:
    figures = speed([epoch(10.0, 8.0, 0.4), epoch(10.0, 8.0, 0.2)], images=100)
    assert figures["data_wait_share"] == pytest.approx(0.6 / 16)
    assert figures["images_per_second"] == pytest.approx(10)
    assert figures["seconds_training"] == 20
