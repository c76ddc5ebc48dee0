"""The generated cohort: who has which lesions, how each was photographed, what is not known, copied or broken.

The rates follow the tables of ISIC 2019 and 2020, except that rare classes are far more frequent and that copies are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from components.common.taxonomy import CLASSES
from components.local.lesions import Lesion, draw_lesion
from components.local.photographs import Skin, View, draw_skin, draw_view

COPIES: dict[str, float] = {"same bytes": 0.01, "rescaled": 0.02, "downsampled": 0.02, "listed": 0.02}
"""The kinds of copies, with their share of all images."""

_COPIED_YEARS = {"same bytes": (2019, 2020), "rescaled": (2019, 2020), "downsampled": (2019,), "listed": (2020,)}

FAULTS: tuple[str, ...] = ("truncated", "empty", "text", "absent")
"""The kinds of broken files."""

_IMAGES_PER_FAULT = 50

# No image, lesion or patient of a real data set has such a name: beside real data, nothing is taken for the same.
_PREFIX = "DEMO_"

# The class's share of the originals, and the share of those that are in the tables of 2020.
_FREQUENCIES = {
    "MEL": (0.14, 0.25), "NV": (0.22, 0.3), "BCC": (0.11, 0.0), "AK": (0.08, 0.0), "BKL": (0.12, 0.25),
    "DF": (0.07, 0.0), "VASC": (0.07, 0.0), "SCC": (0.08, 0.0), "UNK": (0.11, 1.0),
}  # fmt: skip

_DIAGNOSES_2020 = {
    "MEL": {"melanoma": 1.0},
    "NV": {"nevus": 1.0},
    "BKL": {"seborrheic keratosis": 0.6, "lentigo NOS": 0.2, "lichenoid keratosis": 0.15, "solar lentigo": 0.05},
    "UNK": {"unknown": 0.9, "atypical melanocytic proliferation": 0.05, "cafe-au-lait macule": 0.05},
}

# Of the class's patients in ISIC 2019: mean age, share of men. UNK: of ISIC 2020.
_AGES_AND_MEN = {
    "MEL": (61, 0.55), "NV": (45, 0.49), "BCC": (66, 0.60), "AK": (67, 0.53), "BKL": (64, 0.56),
    "DF": (52, 0.51), "VASC": (53, 0.51), "SCC": (71, 0.68), "UNK": (49, 0.51),
}  # fmt: skip
_AGE_DEVIATION = 14.0

_SITES_2019 = (
    "head/neck", "anterior torso", "posterior torso", "lateral torso",
    "upper extremity", "lower extremity", "palms/soles", "oral/genital",
)  # fmt: skip
# The class's share on each of these, of 100.
_SITE_WEIGHTS = {
    "MEL": (20, 30, 11, 1, 16, 18, 3, 1), "NV": (7, 34, 18, 1, 12, 26, 1, 1), "BCC": (35, 34, 6, 1, 11, 13, 0, 0),
    "AK": (70, 11, 1, 0, 9, 8, 1, 0), "BKL": (42, 19, 10, 1, 10, 17, 0, 1), "DF": (1, 17, 1, 0, 22, 59, 0, 0),
    "VASC": (16, 34, 10, 1, 11, 26, 1, 1), "SCC": (28, 27, 4, 1, 18, 20, 2, 0), "UNK": (6, 35, 15, 1, 15, 26, 1, 1),
}  # fmt: skip

# The odds of one, two, ... photographs of a lesion in 2019, and of two, three, ... of a patient in 2020.
_LESION_PHOTOGRAPHS = (0.6, 0.25, 0.1, 0.05)
_PATIENT_PHOTOGRAPHS = (0.0, 0.2, 0.25, 0.2, 0.15, 0.1, 0.05, 0.05)

_AGE_OR_SEX_UNKNOWN = 0.03
_SITE_UNKNOWN = 0.08
_LESION_ID_UNKNOWN = 0.15


@dataclass(frozen=True)
class Patient:
    """One person; None is not known."""

    sex: str | None
    age: float | None
    skin: Skin


@dataclass(frozen=True)
class Photo:
    """One row of the tables, and how its file comes about: a photograph, then an edit."""

    image_id: str
    year: int
    """2019 or 2020: the tables it is in."""
    label: str
    diagnosis: str
    """As 2020 words it; empty in 2019."""
    patient: Patient
    patient_id: str
    """Only 2020 has one."""
    lesion_id: str
    """Only 2019 has one, and not always."""
    site: str | None
    lesion: Lesion
    view: View
    edit: str = "none"
    """none, or one of COPIES or FAULTS."""
    original_id: str = ""
    """Of a copy: the image that it is a copy of."""


def draw_cohort(images: int, seed: int) -> list[Photo]:
    """Draw all photographs of a data set, in the order of their identifiers."""
    rng = np.random.default_rng(seed)
    counts = {kind: max(1, round(share * images)) for kind, share in COPIES.items()}
    old, new = _labels(images - sum(counts.values()), rng)
    drawn = _photos_2019(old, rng) + _photos_2020(new, rng)
    identifiers = [f"{_PREFIX}{number:07d}" for number in rng.choice(10_000_000, images, replace=False)]
    photos = [replace(drawn[index], image_id=identifiers.pop()) for index in rng.permutation(len(drawn))]
    faults = images // _IMAGES_PER_FAULT
    photos[:faults] = [replace(photo, edit=FAULTS[n % len(FAULTS)]) for n, photo in enumerate(photos[:faults])]
    photos += _copies(photos[faults:], counts, identifiers)
    return sorted(photos, key=lambda photo: photo.image_id)


def _copies(originals: Sequence[Photo], counts: Mapping[str, int], identifiers: list[str]) -> list[Photo]:
    """Copies of each kind, each of another original, where there are enough.

    A copy loses the lesion's identifier, so that only its name, the list or the picture gives it away.
    """
    copies: list[Photo] = []
    left = list(originals)
    for kind, count in counts.items():
        for photo in [photo for photo in left if photo.year in _COPIED_YEARS[kind]][:count]:
            left.remove(photo)
            name = f"{photo.image_id}_downsampled" if kind == "downsampled" else identifiers.pop()
            copies.append(replace(photo, image_id=name, lesion_id="", edit=kind, original_id=photo.image_id))
    return copies


def _labels(count: int, rng: np.random.Generator) -> tuple[list[str], list[str]]:
    """The labels of `count` originals: of those in 2019, class by class, and of those in 2020, mixed."""
    cuts = np.round(np.cumsum([share for share, _ in _FREQUENCIES.values()]) * count).astype(int)
    old: list[str] = []
    new: list[str] = []
    for label, number in zip(_FREQUENCIES, np.diff(cuts, prepend=0), strict=True):
        in_2020 = round(number * _FREQUENCIES[label][1])
        old += [label] * (number - in_2020)
        new += [label] * in_2020
    return old, [new[index] for index in rng.permutation(len(new))]


def _photos_2019(labels: list[str], rng: np.random.Generator) -> list[Photo]:
    """Lesions with one photograph or several. Only a lesion with one may lack its identifier."""
    photos = []
    for label in CLASSES:
        for count in _group_sizes(labels.count(label), _LESION_PHOTOGRAPHS, rng):
            lesion_id = f"{_PREFIX}{rng.choice(('HAM_', 'BCN_'))}{rng.integers(10_000_000):07d}"
            if count == 1 and rng.random() < _LESION_ID_UNKNOWN:
                lesion_id = ""
            first = _photo(2019, label, _patient([label], rng), rng)
            photos += [replace(first, lesion_id=lesion_id, view=draw_view(rng)) for _ in range(count)]
    return photos


def _photos_2020(labels: list[str], rng: np.random.Generator) -> list[Photo]:
    """Patients with several photographs, each of another lesion."""
    photos = []
    remaining = list(labels)
    for count in _group_sizes(len(labels), _PATIENT_PHOTOGRAPHS, rng):
        own = [remaining.pop() for _ in range(count)]
        patient, patient_id = _patient(own, rng), f"{_PREFIX}IP_{rng.integers(10_000_000):07d}"
        photos += [replace(_photo(2020, label, patient, rng), patient_id=patient_id) for label in own]
    return photos


def _group_sizes(total: int, odds: tuple[float, ...], rng: np.random.Generator) -> list[int]:
    """Sizes of groups, that sum to `total`; `odds` are of the sizes 1, 2, ..."""
    sizes: list[int] = []
    while (left := total - sum(sizes)) > 0:
        sizes.append(min(left, 1 + int(rng.choice(len(odds), p=odds))))
    return sizes


def _patient(labels: list[str], rng: np.random.Generator) -> Patient:
    """Draw a person who has lesions of these classes."""
    mean_age, men = np.mean([_AGES_AND_MEN[label] for label in labels], axis=0)
    age = 5.0 * round(float(np.clip(rng.normal(mean_age, _AGE_DEVIATION), 5, 85)) / 5)
    sex = "male" if rng.random() < men else "female"
    known = rng.random(2) >= _AGE_OR_SEX_UNKNOWN
    return Patient(sex if known[0] else None, age if known[1] else None, draw_skin(rng))


def _photo(year: int, label: str, patient: Patient, rng: np.random.Generator) -> Photo:
    """Draw a lesion of a person, and a photograph of it; identifiers are left empty."""
    weights = np.array(_SITE_WEIGHTS[label], float)
    site = str(rng.choice(_SITES_2019, p=weights / weights.sum()))
    words = _DIAGNOSES_2020.get(label, {"": 1.0})
    diagnosis = str(rng.choice(list(words), p=list(words.values())))
    return Photo(
        image_id="",
        year=year,
        label=label,
        diagnosis=diagnosis if year == 2020 else "",
        patient=patient,
        patient_id="",
        lesion_id="",
        site=site if rng.random() >= _SITE_UNKNOWN else None,
        lesion=draw_lesion(label, rng),
        view=draw_view(rng),
    )
