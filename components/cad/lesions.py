"""A lesion as it was asked about, whichever way the question came."""

import math
from dataclasses import dataclass

from components.cad.problems import ProblemError
from components.cad.schemas import MAXIMUM_LESION_ID, UNKNOWN
from components.common.demographics import MAXIMUM_AGE, SEXES, SITE_SYNONYMS, SITES


@dataclass(frozen=True)
class Given:
    """One fact of the patient as the caller gave it."""

    value: float | str | None = None
    said: bool = False
    """Whether the caller said anything of it, if only that it is unknown; else a DICOM file may tell."""


@dataclass(frozen=True)
class Lesion:
    """Pictures of one lesion, and what the caller says of the patient."""

    images: tuple[bytes, ...]
    age: Given = Given()
    sex: Given = Given()
    site: Given = Given()
    lesion_id: str | None = None


def age_of(text: object) -> Given:
    """Read an age.

    Raises:
        ProblemError: it is no number of years.
    """
    if text in (None, ""):
        return Given()
    if text == UNKNOWN:
        return Given(None, said=True)
    try:
        age = float(str(text))
    except ValueError:
        age = math.nan
    if not 0 <= age <= MAXIMUM_AGE:
        raise ProblemError(
            "invalid_field", f"age must be 0 to {MAXIMUM_AGE:.0f} years, {UNKNOWN} or left out, not {_shown(text)}"
        )
    return Given(age, said=True)


def sex_of(text: object) -> Given:
    """Read a sex; raises ProblemError where it is not of the vocabulary."""
    return _word("sex", text, SEXES, {})


def site_of(text: object) -> Given:
    """Read an anatomical site; raises ProblemError where it is not of the vocabulary."""
    return _word("site", text, SITES, SITE_SYNONYMS)


def lesion_id_of(text: object) -> str | None:
    """Read the caller's own name of the lesion; raises ProblemError where it is too long."""
    if text in (None, ""):
        return None
    if not isinstance(text, str) or len(text) > MAXIMUM_LESION_ID:
        raise ProblemError("invalid_field", f"lesion_id must be text of {MAXIMUM_LESION_ID} characters at most")
    return text


def _word(field: str, text: object, vocabulary: tuple[str, ...], synonyms: dict[str, str]) -> Given:
    if text in (None, ""):
        return Given()
    if text == UNKNOWN:
        return Given(None, said=True)
    word = synonyms.get(str(text), str(text))
    if word not in vocabulary:
        words = ", ".join((*vocabulary, *synonyms, UNKNOWN))
        raise ProblemError("invalid_field", f"{field} must be one of {words} or left out, not {_shown(text)}")
    return Given(word, said=True)


def _shown(text: object) -> str:
    return repr(str(text)[:40])
