"""One encoding of the patient's demographics, for training and for serving."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.common.demographics import (
    FACTORS,
    LENGTH,
    MAXIMUM_AGE,
    MISSING,
    SEXES,
    SITE_SYNONYMS,
    SITES,
    decode,
    encode,
)


def test_a_patient_is_one_hot_codes_and_an_age_in_hundreds_of_years() -> None:
    vector = encode("male", 45.0, "torso")
    assert vector.dtype == np.float32
    np.testing.assert_allclose(vector, [0, 1, 0, 0.45, 0, 0, 1, 0, 0, 0, 0, 0])


def test_what_is_missing_has_a_code_of_its_own() -> None:
    np.testing.assert_array_equal(encode(None, None, None), [0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1])
    np.testing.assert_array_equal(encode(None, None, None), MISSING)


def test_an_age_that_is_not_a_number_is_missing() -> None:
    np.testing.assert_array_equal(encode("female", float("nan"), None), encode("female", None, None))


def test_an_age_of_zero_is_not_missing() -> None:
    assert not np.array_equal(encode(None, 0.0, None), MISSING)


def test_the_factors_cover_the_vector_without_overlap() -> None:
    covered = [index for part in FACTORS.values() for index in range(part.start, part.stop)]
    assert covered == list(range(LENGTH))


def test_each_factor_has_its_flag_last() -> None:
    for factor, known in {
        "sex": ("male", None, None),
        "age": (None, 50.0, None),
        "site": (None, None, "torso"),
    }.items():
        flags = {name: MISSING[part][-1] - encode(*known)[part][-1] for name, part in FACTORS.items()}
        assert flags == {name: float(name == factor) for name in FACTORS}


def test_different_patients_have_different_codes() -> None:
    codes = {tuple(encode(sex, 50.0, site)) for sex in (*SEXES, None) for site in (*SITES, None)}
    assert len(codes) == (len(SEXES) + 1) * (len(SITES) + 1)


@pytest.mark.parametrize(
    ("sex", "site", "message"),
    [
        ("F", None, "sex must be one of female, male or None, not 'F'"),
        ("", None, "sex must be one of female, male or None, not ''"),
        (None, "anterior torso", "site must be one of head/neck, torso, .* or None, not 'anterior torso'"),
    ],
)
def test_words_that_are_not_of_the_vocabulary_are_refused(sex: str | None, site: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        encode(sex, None, site)


@pytest.mark.parametrize("age", [None, 0.0, 54.0, 0.25, 71.3, MAXIMUM_AGE])
def test_a_code_tells_its_patient(age: float | None) -> None:
    for sex in (*SEXES, None):
        for site in (*SITES, None):
            assert decode(encode(sex, age, site)) == (sex, age, site)


@pytest.mark.parametrize(
    "vector",
    [np.zeros(LENGTH), MISSING * 0.5, MISSING * 2, MISSING + 0.1, np.full(LENGTH, np.nan), encode("male", 130.0, None)],
)
def test_what_is_the_code_of_no_patient_is_refused(vector: np.ndarray) -> None:
    with pytest.raises(ValueError, match="it is the code of no patient"):
        decode(vector.astype(np.float32))


def test_the_vocabulary_covers_both_tables(isic: Path) -> None:
    table_2020 = pd.read_csv(isic / "full-csv" / "train.csv")
    table_2019 = pd.read_csv(isic / "full-csv" / "ISIC_2019_Training_Metadata.csv")
    assert set(table_2020["anatom_site_general_challenge"].dropna()) == set(SITES)
    assert set(table_2019["anatom_site_general"].dropna().replace(SITE_SYNONYMS)) == set(SITES)
    for table in (table_2019, table_2020):
        assert set(table["sex"].dropna()) == set(SEXES)
        assert table["age_approx"].max() <= MAXIMUM_AGE
