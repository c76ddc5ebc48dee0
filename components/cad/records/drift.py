"""How far what the service sees and says has moved from what its model was made on, and how good its answers were."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureDrift:
    """One input or output, in the reference and in the records."""

    name: str
    """age, sex, site, brightness, quality_<code>, predicted_class, malignant_probability, out_of_distribution, abstain
    or unusual."""
    labels: tuple[str, ...]
    """Of the bins."""
    expected: tuple[int, ...] | None
    """Count of each bin in the reference; None where it has none of this feature."""
    observed: tuple[int, ...]
    """Count of each bin in the records."""
    psi: float | None
    """Population stability index; None without a reference or without records."""
    by_chance: float | None
    """What the index stays below, 19 times in 20, where nothing has changed."""
    verdict: str
    """no reference, no records, stable, within chance, moderate, or major."""


@dataclass(frozen=True)
class Share:
    """So many out of so many, with the 95% interval of Wilson; None where there is nothing to divide by."""

    count: int
    total: int
    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Judged:
    """The answers of which a feedback gives the diagnosis: a choice of lesions, not a sample of them."""

    total: int
    sources: dict[str, int]
    """How many of each of `prediction.SOURCES`."""
    accuracy: Share
    """The most probable class is the diagnosis."""
    sensitivity: Share
    """Of the malignant lesions, those called so."""
    specificity: Share
    """Of the benign lesions, those called so."""
    melanoma_sensitivity: Share
    """Of the melanomas, those called malignant."""


@dataclass(frozen=True)
class Drift:
    """The answer to all of it; `dataclasses.asdict` gives plain JSON values."""

    records: int
    """How many predictions were looked at."""
    message: str
    """What a person must know first: that the model has no reference, that there are few records; else empty."""
    features: tuple[FeatureDrift, ...]
    judged: Judged
