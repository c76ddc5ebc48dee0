"""Demographics come to the common vocabulary, or become missing with a warning."""

import pandas as pd

from components.common.demographics import SITES
from components.ingest.vocabulary import ATTRIBUTES, clean_attributes


def clean(**columns: list[str | None]) -> tuple[dict[str, list[object]], list[str]]:
    length = max(map(len, columns.values()))
    rows = pd.DataFrame({name: pd.Series(columns.get(name, [None] * length), dtype="str") for name in ATTRIBUTES})
    cleaned, warnings = clean_attributes(rows)
    return {
        name: cleaned[name].astype(object).where(cleaned[name].notna(), None).tolist() for name in cleaned
    }, warnings


def test_the_common_vocabulary_passes_without_a_warning() -> None:
    cleaned, warnings = clean(
        sex=["female", "male", None] * 2, age=["0", "55.0", "120", None, "7", "1"], site=list(SITES)
    )
    assert cleaned["sex"] == ["female", "male", None] * 2
    assert cleaned["age"] == [0.0, 55.0, 120.0, None, 7.0, 1.0]
    assert cleaned["site"] == list(SITES)
    assert warnings == []


def test_the_torso_of_2019_becomes_that_of_2020() -> None:
    cleaned, warnings = clean(site=["anterior torso", "posterior torso", "Lateral Torso"])
    assert (cleaned["site"], warnings) == (["torso"] * 3, [])


def test_unknown_words_become_missing_and_are_counted() -> None:
    cleaned, warnings = clean(site=["elbow", "elbow", "torso", "nose"], sex=["unknown", None, "FEMALE", "male"])
    assert cleaned["site"] == [None, None, "torso", None]
    assert cleaned["sex"] == [None, None, "female", "male"]
    assert warnings == [
        "Rows whose sex is not understood and taken as missing: 1: 'unknown' (1).",
        "Rows whose site is not understood and taken as missing: 3: 'elbow' (2), 'nose' (1).",
    ]


def test_impossible_ages_become_missing_and_are_counted() -> None:
    cleaned, warnings = clean(age=["-1", "121", "old", "inf", "30"])
    assert cleaned["age"] == [None, None, None, None, 30.0]
    assert len(warnings) == 1
    assert "age is not understood and taken as missing: 4: " in warnings[0]


def test_fitzpatrick_types_are_whole_numbers_from_one_to_six() -> None:
    cleaned, warnings = clean(fitzpatrick=["1", "6.0", "2.5", "0", None])
    assert cleaned["fitzpatrick"] == [1.0, 6.0, None, None, None]
    assert warnings == ["Rows whose fitzpatrick is not understood and taken as missing: 2: '2.5' (1), '0' (1)."]


def test_a_long_list_of_unknown_words_is_cut() -> None:
    _, warnings = clean(site=[f"word {number}" for number in range(9)])
    assert warnings[0].endswith("and 4 others.")
