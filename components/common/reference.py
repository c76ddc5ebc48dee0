"""What a model's inputs and outputs look like where it was made: `reference.json`, which a service's drift is held
against. Histograms only: nothing of one patient.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from components.common.errors import DataError
from components.common.files import read_json, write_json
from components.common.histograms import Histogram, histograms, numeric, quality_histograms
from components.common.predictions import malignant_score, probability_columns
from components.common.taxonomy import CLASSES

REFERENCE_FILE = "reference.json"

_FORM = 1
_TENTHS = np.arange(1, 10) / 10
_DECIMALS = 3
_INPUTS = ("age", "sex", "site")


@dataclass(frozen=True)
class Reference:
    """Histograms of inputs and outputs."""

    features: Mapping[str, Histogram]
    """By name, as `histograms` names them; of inputs over all images of the manifest, of outputs over validation and
    test, since a network is surer of what it was trained on."""


def make_reference(
    predictions: pd.DataFrame,
    images: pd.DataFrame,
    abstain_threshold: float,
    out_of_distribution_threshold: float,
) -> Reference:
    """Count inputs and outputs by bin.

    The bins of the two scores are tenths of the predictions, so that each says as much as any other; their edges are
    rounded, and so are nobody's score.

    Args:
        predictions: `predictions.parquet` of evaluate: `p_<CLASS>`, out_of_distribution; of validation and test.
        images: `manifest.parquet` of ingest: age, sex, site; `brightness` (0 to 1) and `quality` (lists of codes) where
            they were measured.
        abstain_threshold: the answer is left to a person where the largest probability lies below it.
        out_of_distribution_threshold: a picture is unusual where its score lies above it.

    Raises:
        DataError: a column is missing, or there are no rows.
    """
    _check(predictions, [*probability_columns(), "out_of_distribution"], "predictions")
    _check(images, _INPUTS, "images")
    probabilities = predictions[probability_columns()].to_numpy(np.float64)
    score = predictions["out_of_distribution"].to_numpy(np.float64)
    measured = [name for name in (*_INPUTS, "brightness") if name in images]
    values: dict[str, Any] = {name: _known(images[name]) for name in measured}
    values |= {
        "predicted_class": [CLASSES[index] for index in probabilities.argmax(axis=1)],
        "malignant_probability": malignant_score(probabilities),
        "out_of_distribution": score,
        "abstain": (probabilities.max(axis=1) < abstain_threshold).tolist(),
        "unusual": (score > out_of_distribution_threshold).tolist(),
    }
    tenths = {name: numeric([], _edges(values[name])) for name in ("malignant_probability", "out_of_distribution")}
    features = histograms(values, tenths)
    if "quality" in images:
        codes = Counter(code for of_image in images["quality"] for code in of_image)
        features |= quality_histograms(codes, len(images), ())
    return Reference(features)


def write_reference(path: Path, reference: Reference) -> None:
    """Write a reference as JSON, whole or not at all."""
    features = {name: asdict(histogram) for name, histogram in reference.features.items()}
    write_json(path, {"form": _FORM, "features": features})


def read_reference(path: Path) -> Reference | None:
    """Read a model's `reference.json`; None where there is no such file.

    Raises:
        StorageError: it cannot be read or is not JSON.
        DataError: it is no reference of this form.
    """
    if not path.exists():
        return None
    try:
        described = read_json(path)
        if described["form"] != _FORM:
            raise DataError(f"{path} is of form {described['form']}, and this program reads {_FORM}")
        return Reference({name: _histogram(one) for name, one in described["features"].items()})
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path} is no reference: {error!r}; run the stage that writes it again") from error


def _histogram(described: Mapping[str, Any]) -> Histogram:
    histogram = Histogram(*(tuple(described[name]) for name in ("labels", "counts", "edges")))
    bins = len(histogram.edges) + 2 if histogram.edges else len(histogram.labels)
    if not len(histogram.labels) == len(histogram.counts) == bins or min(histogram.counts) < 0:
        raise ValueError(f"{described} is no histogram")
    return histogram


def _edges(scores: np.ndarray) -> list[float]:
    """Tenths, rounded and each once; of scores that are all alike, that one."""
    return sorted(set(np.quantile(scores, _TENTHS).round(_DECIMALS).tolist()))


def _known(column: pd.Series) -> list[Any]:
    """Values, with None for what is missing: pandas has several signs for that."""
    return [value if pd.notna(value) else None for value in column]


def _check(table: pd.DataFrame, columns: tuple[str, ...] | list[str], what: str) -> None:
    if missing := [name for name in columns if name not in table]:
        raise DataError(f"the {what} lack the columns {', '.join(missing)}: no reference can be made of them")
    if table.empty:
        raise DataError(f"there are no {what}: no reference can be made of them")
