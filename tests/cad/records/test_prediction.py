import math
from datetime import datetime

import pytest

from components.cad.records.prediction import Demographics, ModelVersion, Thresholds
from components.common.errors import DataError
from tests.cad.records.conftest import DIGEST, feedback, full_prediction, prediction


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": datetime(2026, 1, 1)}, "time .*: it must be a time with a time zone"),
        ({"images": ()}, "images .*: it must be at least one SHA-256"),
        ({"images": ("photo.jpg",)}, "images 'photo.jpg': it must be SHA-256 in 64 hexadecimal digits"),
        ({"model": ModelVersion("", "1", DIGEST)}, "model.name '': it must be 1 to 200 characters"),
        ({"model": ModelVersion("demo", "1", "abc")}, "model.digest 'abc'"),
        ({"demographics": Demographics(age=130.0)}, "age 130.0: it must be 0 to 120 years or None"),
        ({"demographics": Demographics(age=math.nan)}, "age nan"),
        ({"demographics": Demographics(sex="F")}, "sex 'F': it must be one of female, male or None"),
        ({"demographics": Demographics(site="nose")}, "site 'nose': it must be one of head/neck, "),
        ({"probabilities": (0.5, 0.5)}, "probabilities .*: it must be 9 values"),
        ({"probabilities": (math.nan,) * 9}, "probabilities .*: it must be between 0 and 1"),
        ({"malignant_probability": 1.1}, "malignant_probability .*: it must be between 0 and 1"),
        ({"out_of_distribution": math.inf}, "out_of_distribution and thresholds .*: it must be finite"),
        ({"thresholds": Thresholds(0.3, 0.4, math.nan)}, "out_of_distribution and thresholds .*: it must be finite"),
        ({"quality": ("Out of focus!",)}, "quality 'Out of focus!': it must be a code"),
        ({"brightness": 120.0}, "brightness .*: it must be between 0 and 1"),
        ({"user": "u" * 201}, "user .*: it must be 1 to 200 characters"),
        ({"user": "a\0b"}, "user .*: it must be .* without NUL"),
        ({"user": "a\ud800b"}, "user .*: it must be .* without NUL and halves of characters"),
    ],
)
def test_what_cannot_be_recorded_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=f"cannot record {message}"):
        prediction("one", **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": "NEVUS"}, "label 'NEVUS': it must be one of MEL, NV"),
        ({"source": "hearsay"}, "source 'hearsay': it must be one of histology, follow-up, consensus, other"),
        ({"note": "n" * 2001}, "note .*: it must be 1 to 2000 characters"),
        ({"time": datetime(2026, 1, 1)}, "time .*: it must be a time with a time zone"),
    ],
)
def test_feedback_that_cannot_be_recorded_is_named(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DataError, match=f"cannot record {message}"):
        feedback("one", **changes)


def test_what_is_unknown_may_be_left_out() -> None:
    assert prediction("one", demographics=Demographics()).user is None
    assert full_prediction("one").quality == ("blurred", "too_dark")
