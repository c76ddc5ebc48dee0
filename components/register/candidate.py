"""The model to be registered: read and checked whole before the registry hears of it."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pandas as pd

from components.common.errors import DataError
from components.common.files import read_json, sha256
from components.common.onnx_model import DESCRIPTION_FILE, MODEL_FILE
from components.common.predictions import probability_columns
from components.common.taxonomy import CLASSES

GATE_METRIC = "test_macro_auc"

PROBABILITIES: list[str] = probability_columns()
_COLUMNS = ["image_id", "group", "label", *PROBABILITIES]


@dataclass(frozen=True)
class Candidate:
    """A model with what is known of it."""

    folder: Path
    """`ensemble.onnx`, `members/<name>.onnx`, `model.json`."""
    digest: str
    """SHA-256 of `ensemble.onnx`, in hexadecimal."""
    fingerprints: dict[str, str]
    """Of the data it was made from, as `model.json` names them."""
    metrics: dict[str, float]
    """Scalars of the evaluation; NaN where undefined."""
    predictions: pd.DataFrame
    """Of the test split, sorted by image_id: image_id (str), group (str), label (int), p_<CLASS> (float)."""


def read_candidate(onnx_model: Path, ensemble: Path, evaluation: Path) -> Candidate:
    """Read what convert and evaluate wrote.

    Raises:
        StorageError: `model.json` or the evaluation is absent or not JSON.
        DataError: `ensemble.onnx` is absent or not a valid ONNX model, the evaluation lacks the gate's metric, or the
            predictions are absent or malformed.
    """
    file = onnx_model / MODEL_FILE
    _check_onnx(file)
    described = read_json(onnx_model / DESCRIPTION_FILE)
    return Candidate(
        folder=onnx_model,
        digest=sha256(file),
        fingerprints=_fingerprints(described),
        metrics=_metrics(evaluation),
        predictions=_test_predictions(ensemble / "predictions.parquet"),
    )


def _check_onnx(file: Path) -> None:
    if not file.is_file():
        raise DataError(f"no {MODEL_FILE} in {file.parent}: run convert again")
    try:
        onnx.checker.check_model(str(file))
    except onnx.checker.ValidationError as error:
        raise DataError(f"{file} is not a valid ONNX model: {error}; run convert again") from error


def _fingerprints(described: Any) -> dict[str, str]:
    if not isinstance(described, dict):
        return {}
    return {
        key: value
        for key, value in described.items()
        if key.endswith("fingerprint") and isinstance(value, str) and value
    }


def _metrics(evaluation: Path) -> dict[str, float]:
    scalars = read_json(evaluation)
    if not isinstance(scalars, dict) or GATE_METRIC not in scalars:
        raise DataError(f"{evaluation} has no {GATE_METRIC}, which the gate needs: run evaluate again")
    # JSON has no NaN: null is an undefined figure.
    metrics = {name: math.nan if value is None else value for name, value in scalars.items()}
    if not _is_number(metrics[GATE_METRIC]):
        raise DataError(f"{GATE_METRIC} in {evaluation} must be a number, not {metrics[GATE_METRIC]!r}")
    return {name: float(value) for name, value in metrics.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _test_predictions(file: Path) -> pd.DataFrame:
    try:
        table = pd.read_parquet(file)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the predictions {file}: {error}; run evaluate again") from error
    if missing := [column for column in ["split", *_COLUMNS] if column not in table]:
        raise DataError(f"{file} lacks the columns {', '.join(missing)}")
    test = table.loc[table["split"] == "test", _COLUMNS].sort_values("image_id").reset_index(drop=True)
    if test.empty:
        raise DataError(f"{file} has no predictions of the test split")
    if twice := test.loc[test["image_id"].duplicated(), "image_id"].tolist():
        raise DataError(f"{file} has test images more than once, {twice[0]} for one")
    if not ((test[PROBABILITIES] >= 0) & (test[PROBABILITIES] <= 1)).all(axis=None):
        raise DataError(f"{file} has test probabilities that are missing or outside 0 to 1")
    if not test["label"].isin(range(len(CLASSES))).all():
        raise DataError(f"{file} has test labels outside 0 to {len(CLASSES) - 1}")
    return test
