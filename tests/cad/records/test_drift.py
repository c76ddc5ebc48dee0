import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from components.cad.records import records as records_module
from components.cad.records.drift import Drift, FeatureDrift
from components.cad.records.prediction import Demographics, ModelVersion
from components.cad.records.records import Records
from components.common.demographics import SEXES
from components.common.errors import DataError
from components.common.predictions import probability_columns
from components.common.reference import Reference, make_reference
from components.common.taxonomy import CLASSES
from tests.cad.records.conftest import NOON, feedback, likely, prediction

SITES = ("torso", "head/neck")


@pytest.fixture(scope="module")
def reference() -> Reference:
    """Of 400 images: half female, ages 30 to 69, two sites; all classes alike, one answer in ten left to a person."""
    numbers = np.arange(400)
    confidence = np.where(numbers % 10 == 0, 0.3, 0.6)
    table = pd.DataFrame(
        [likely(CLASSES[number % 9], confidence[number]) for number in numbers], columns=probability_columns()
    ).assign(out_of_distribution=np.linspace(-2, 2, 400))
    images = pd.DataFrame(
        {
            "age": 30.0 + numbers % 40,
            "sex": [SEXES[1 - number % 2] for number in numbers],
            "site": [SITES[number % 2] for number in numbers],
            "quality": [["blurred"] if number % 4 == 0 else [] for number in numbers],
        }
    )
    return make_reference(table, images, abstain_threshold=0.4, out_of_distribution_threshold=1.9)


def add(records: Records, count: int, **changes: Callable[[int], object]) -> None:
    """Add predictions like those of the reference, but for the changes."""
    like_reference: dict[str, Callable[[int], object]] = {
        "demographics": lambda number: Demographics(
            30.0 + number % 40, ("male", "female")[number % 2], SITES[number % 2]
        ),
        "probabilities": lambda number: likely(CLASSES[number % 9], 0.3 if number % 10 == 0 else 0.6),
        "malignant_probability": lambda number: sum(
            likely(CLASSES[number % 9], 0.3 if number % 10 == 0 else 0.6)[index] for index in (0, 2, 7)
        ),
        "abstain": lambda number: number % 10 == 0,
        "out_of_distribution": lambda number: -2 + 4 * number / count,
        "unusual": lambda number: -2 + 4 * number / count > 1.9,
        "quality": lambda number: ("blurred",) if number % 4 == 0 else (),
    }
    values = like_reference | changes
    records.add(
        *(prediction(str(number), **{name: of(number) for name, of in values.items()}) for number in range(count))
    )


def feature(drift: Drift, name: str) -> FeatureDrift:
    return next(one for one in drift.features if one.name == name)


def test_records_like_the_reference_are_stable(records: Records, reference: Reference) -> None:
    add(records, 200)

    drift = records.drift(reference)

    assert (drift.records, drift.message) == (200, "")
    verdicts = {one.name: one.verdict for one in drift.features}
    assert verdicts.pop("brightness") == "no reference"
    assert set(verdicts.values()) == {"stable"}, verdicts
    assert set(verdicts) == {
        "age", "sex", "site", "quality_blurred", "predicted_class", "malignant_probability", "out_of_distribution",
        "abstain", "unusual",
    }  # fmt: skip


def test_what_has_moved_is_named_and_the_rest_is_not(in_sqlite: Records, reference: Reference) -> None:
    add(
        in_sqlite,
        200,
        demographics=lambda number: Demographics(75.0, SEXES[1 - number % 2], None),
        quality=lambda number: ("blurred", "too_dark"),
        out_of_distribution=lambda number: 1.5 + number / 200,
        unusual=lambda number: number >= 80,
    )

    drift = in_sqlite.drift(reference)

    moved = {one.name for one in drift.features if one.verdict == "major"}
    assert moved == {"age", "site", "quality_blurred", "out_of_distribution", "unusual"}
    site = feature(drift, "site")
    assert dict(zip(site.labels, site.observed, strict=True))["unknown"] == 200
    assert dict(zip(site.labels, site.expected or (), strict=True))["torso"] == 200
    assert feature(drift, "quality_too_dark").verdict == "no reference"
    assert feature(drift, "quality_too_dark").observed == (0, 200, 0)


def test_the_quality_of_tensors_is_not_counted(in_sqlite: Records, reference: Reference) -> None:
    add(in_sqlite, 200, tensors=lambda number: number % 4 == 1)

    drift = in_sqlite.drift(reference)

    assert feature(drift, "quality_blurred").observed == (100, 50, 0)
    assert sum(feature(drift, "predicted_class").observed) == 200


def test_few_records_are_not_called_drift(in_sqlite: Records, reference: Reference) -> None:
    add(in_sqlite, 3)

    assert {one.verdict for one in in_sqlite.drift(reference).features} <= {"stable", "within chance", "no reference"}


def test_the_pieces_that_records_are_read_in_change_nothing(
    in_sqlite: Records, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(in_sqlite, 30)
    whole = in_sqlite.drift(reference)
    monkeypatch.setattr(records_module, "_CHUNK", 7)

    assert in_sqlite.drift(reference) == whole


def test_a_model_without_a_reference_is_said_to_have_none(in_sqlite: Records) -> None:
    add(in_sqlite, 20)

    drift = in_sqlite.drift(None)

    assert "no reference (reference.json beside it)" in drift.message
    assert {one.verdict for one in drift.features} == {"no reference"}
    assert feature(drift, "sex").observed == (10, 10, 0)
    assert feature(drift, "sex").psi is None


def test_without_records_there_is_no_drift(in_sqlite: Records, reference: Reference) -> None:
    drift = in_sqlite.drift(reference)

    assert drift.message == "There are no predictions of this time and model."
    assert {one.verdict for one in drift.features} == {"no records", "no reference"}


def test_only_what_is_asked_for_is_looked_at(records: Records, reference: Reference) -> None:
    other = ModelVersion("skin-lesion-demo", "4", "e" * 64)
    records.add(
        prediction("early"),
        prediction("late", time=NOON + timedelta(days=1)),
        prediction("late, by another model", time=NOON + timedelta(days=1), model=other),
    )

    assert records.drift(reference).records == 3
    assert records.drift(reference, since=NOON + timedelta(hours=1)).records == 2
    assert records.drift(reference, since=NOON + timedelta(hours=1), digest=other.digest).records == 1
    assert records.drift(reference, digest="no\0digest").records == 0


def test_a_time_that_has_none_in_utc_is_named(in_sqlite: Records) -> None:
    with pytest.raises(DataError, match="since 0001-01-01 .* must lie in the years 1 to 9999 of UTC"):
        in_sqlite.drift(None, since=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))


def test_answers_are_judged_by_the_feedback_that_counts(records: Records) -> None:
    records.add(
        prediction("right", probabilities=likely("MEL"), malignant=True),
        prediction("wrong", probabilities=likely("NV"), malignant=False),
        prediction("unjudged"),
    )
    for request_id, label in (("right", "NV"), ("right", "MEL"), ("wrong", "BCC")):
        records.add_feedback(feedback(request_id, label))

    judged = records.drift(None).judged

    assert (judged.total, judged.sources) == (2, {"histology": 2})
    assert (judged.accuracy.count, judged.accuracy.total) == (1, 2)
    assert (judged.sensitivity.count, judged.sensitivity.total) == (1, 2)
    assert judged.specificity.value is None


def test_it_is_plain_json(in_sqlite: Records, reference: Reference) -> None:
    add(in_sqlite, 5)

    told = json.loads(json.dumps(asdict(in_sqlite.drift(reference)), allow_nan=False))

    assert told["features"][0]["name"] == "age"
    assert told["judged"]["accuracy"] == {"count": 0, "total": 0, "value": None, "low": None, "high": None}
