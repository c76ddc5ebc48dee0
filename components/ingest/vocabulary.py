"""Attributes of the patient as the sources write them, brought to the common vocabulary; what is not understood becomes
missing."""

from collections.abc import Callable

import pandas as pd

from components.common.demographics import MAXIMUM_AGE, SEXES, SITE_SYNONYMS, SITES

ATTRIBUTES: tuple[str, ...] = ("sex", "age", "site", "fitzpatrick")

FITZPATRICK_TYPES: tuple[float, float] = (1.0, 6.0)

_EXAMPLES = 5


def clean_attributes(rows: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Clean the columns of `ATTRIBUTES`.

    Args:
        rows: text columns sex, age (years), site and fitzpatrick (1 to 6), NaN where missing.

    Returns:
        The rows with sex of `SEXES`, age as float64 in 0 to `MAXIMUM_AGE`, site of `SITES` and fitzpatrick as float64,
        NaN where missing; and a warning for each column that had values which were not understood.
    """
    cleaners: dict[str, Callable[[pd.Series], pd.Series]] = {
        "sex": _sex,
        "age": _age,
        "site": _site,
        "fitzpatrick": _fitzpatrick,
    }
    warnings = []
    cleaned = {}
    for column, clean in cleaners.items():
        cleaned[column] = clean(rows[column])
        lost = rows[column][rows[column].notna() & cleaned[column].isna()]
        if len(lost):
            warnings.append(
                f"Rows whose {column} is not understood and taken as missing: {len(lost)}: {_counts(lost)}."
            )
    return rows.assign(**cleaned), warnings


def _sex(words: pd.Series) -> pd.Series:
    words = words.str.lower()
    return words.where(words.isin(SEXES))


def _age(words: pd.Series) -> pd.Series:
    years = pd.to_numeric(words, errors="coerce").astype("float64")
    return years.where(years.between(0.0, MAXIMUM_AGE))


def _site(words: pd.Series) -> pd.Series:
    words = words.str.lower().replace(SITE_SYNONYMS)
    return words.where(words.isin(SITES))


def _fitzpatrick(words: pd.Series) -> pd.Series:
    types = pd.to_numeric(words, errors="coerce").astype("float64")
    return types.where(types.between(*FITZPATRICK_TYPES) & (types % 1 == 0))


def _counts(words: pd.Series) -> str:
    counts = words.value_counts()
    shown = [f"{word!r} ({count})" for word, count in counts.head(_EXAMPLES).items()]
    return ", ".join(shown) + (f" and {len(counts) - _EXAMPLES} others" if len(counts) > _EXAMPLES else "")
