"""The patient's demographics: their vocabulary, and the one encoding that training and serving share.

Only what a clinician can give: sex, age, anatomical site. Each may be missing and has its own code for that, so that a
missing value is something the model has seen. Image size, file size and images per patient are left out on purpose:
they tell the data set apart, not the lesion.
"""

from collections.abc import Mapping

import numpy as np

SEXES: tuple[str, ...] = ("female", "male")

# The vocabulary of SIIM-ISIC 2020, the common one.
SITES: tuple[str, ...] = ("head/neck", "torso", "upper extremity", "lower extremity", "palms/soles", "oral/genital")

# ISIC 2019 divides the torso.
SITE_SYNONYMS: dict[str, str] = {"anterior torso": "torso", "posterior torso": "torso", "lateral torso": "torso"}

MAXIMUM_AGE = 120.0
_AGE_SCALE = 100.0

# Where each factor lies in the encoded vector; its last element is the factor's "missing" flag.
FACTORS: Mapping[str, slice] = {
    "sex": slice(0, len(SEXES) + 1),
    "age": slice(len(SEXES) + 1, len(SEXES) + 3),
    "site": slice(len(SEXES) + 3, len(SEXES) + 3 + len(SITES) + 1),
}
LENGTH: int = FACTORS["site"].stop


def encode(sex: str | None, age: float | None, site: str | None) -> np.ndarray:
    """Encode one patient.

    Args:
        sex: one of `SEXES`, or None where unknown.
        age: years, or None (or NaN) where unknown.
        site: one of `SITES`, or None where unknown.

    Returns:
        float32 [LENGTH]: sex one-hot and missing flag; age in hundreds of years and missing flag; site one-hot and
        missing flag.

    Raises:
        ValueError: sex or site is not of the vocabulary.
    """
    vector = np.zeros(LENGTH, np.float32)
    vector[FACTORS["sex"]] = _one_hot(sex, SEXES, "sex")
    vector[FACTORS["age"]] = (0.0, 1.0) if age is None or np.isnan(age) else (age / _AGE_SCALE, 0.0)
    vector[FACTORS["site"]] = _one_hot(site, SITES, "site")
    return vector


def decode(vector: np.ndarray) -> tuple[str | None, float | None, str | None]:
    """What `encode` made a vector of.

    Args:
        vector: float32 [LENGTH].

    Returns:
        Sex, age in years (to a ten-thousandth) and site; None is unknown.

    Raises:
        ValueError: it is the code of no patient.
    """
    hundreds, missing = map(float, vector[FACTORS["age"]])
    age = None if missing else round(hundreds * _AGE_SCALE, 4) + 0.0  # else -0.0 might be told
    sex, site = _chosen(vector[FACTORS["sex"]], SEXES), _chosen(vector[FACTORS["site"]], SITES)
    if not 0 <= (age or 0) <= MAXIMUM_AGE or not np.allclose(encode(sex, age, site), vector, rtol=0, atol=1e-5):
        raise ValueError(
            "it is the code of no patient: it must have one 1 and else 0 for the sex, the age in hundreds of years and "
            "0, or 0 and 1 where it is unknown, and one 1 and else 0 for the site"
        )
    return sex, age, site


def _chosen(code: np.ndarray, vocabulary: tuple[str, ...]) -> str | None:
    return (*vocabulary, None)[int(code.argmax())]


def _one_hot(value: str | None, vocabulary: tuple[str, ...], factor: str) -> np.ndarray:
    if value is not None and value not in vocabulary:
        raise ValueError(f"{factor} must be one of {', '.join(vocabulary)} or None, not {value!r}")
    code = np.zeros(len(vocabulary) + 1, np.float32)
    code[vocabulary.index(value) if value is not None else -1] = 1.0
    return code


MISSING: np.ndarray = encode(None, None, None)
"""float32 [LENGTH]: the code of a patient of whom nothing is known."""
