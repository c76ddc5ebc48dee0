"""The model to be registered: read and checked whole before the registry hears of it."""

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
import pandas as pd

from components.common.errors import DataError, StorageError
from components.common.files import read_json, sha256
from components.common.gates import Gate, read_gates
from components.common.onnx_model import DESCRIPTION_FILE, MODEL_FILE
from components.common.predictions import malignant_score
from components.common.reference import REFERENCE_FILE, Reference, read_reference
from components.common.storage import open_store
from components.common.taxonomy import CLASSES
from components.register.comparison import CALLED_MALIGNANT, PROBABILITIES
from components.register.provenance import Provenance

_PREDICTIONS_FILE = "predictions.parquet"
_MACRO_AUC, _THRESHOLD = "test_macro_auc", "malignant_threshold"
_COLUMNS = ["image_id", "group", "label", *PROBABILITIES]
_ESTIMATE = ["figure", "value", "low", "high"]
_SUBGROUP = ["attribute", "subgroup", "images", "malignant", *_ESTIMATE]


@dataclass(frozen=True)
class Inputs:
    """Where the stages before left what is known of the model."""

    onnx_model: Path
    """Folder of convert."""
    ensemble: Path
    """Folder of evaluate."""
    evaluation: Path
    """JSON file of evaluate: scalars."""
    gates: Sequence[Path]
    """JSON files of evaluate and robustness."""
    robustness: Path
    """JSON file of robustness: scalars."""


@dataclass(frozen=True)
class Candidate:
    """A model with what is known of it."""

    folder: Path
    """`ensemble.onnx`, `members/<name>.onnx`, `model.json`."""
    digest: str
    """SHA-256 of `ensemble.onnx`, in hexadecimal."""
    described: Mapping[str, Any]
    """What `model.json` says."""
    fingerprints: dict[str, str]
    """Of the data it was made from, as `model.json` names them."""
    metrics: dict[str, float]
    """Scalars of the evaluation; NaN where undefined."""
    gates: list[Gate]
    """All that it must pass to be champion."""
    predictions: pd.DataFrame
    """Of the test split, sorted by image_id: image_id (str), group (str), label (int), p_<CLASS> (float),
    called_malignant (bool)."""
    figures: pd.DataFrame
    """Of the ensemble on the test split: figure, value, low, high."""
    subgroups: pd.DataFrame
    """The same of subgroups of the test split: attribute, subgroup, images, malignant, figure, value, low, high."""
    robustness: dict[str, float]
    """Scalars of robustness; NaN where undefined."""
    reference: Reference
    """What a service's drift is held against."""
    provenance: Provenance

    def tags(self) -> dict[str, str]:
        """What a version of it is found and judged by, from its creation on."""
        passed = all(gate.passed for gate in self.gates)
        return {
            **self.fingerprints,
            **self.provenance.tags(),
            "digest": self.digest,
            "gates": "passed" if passed else "failed",
        }


def read_candidate(inputs: Inputs, minimum_test_macro_auc: float, provenance: Provenance) -> Candidate:
    """Read what the stages before wrote.

    Args:
        inputs: where.
        minimum_test_macro_auc: the limit of one more gate. It is this stage's own: another limit then costs no new
            evaluation, conversion and measuring of robustness.
        provenance: where the model comes from.

    Raises:
        StorageError: `model.json`, the metrics or the gates are absent or not JSON.
        DataError: `ensemble.onnx` is absent or not a valid ONNX model, the evaluation lacks a metric that is needed,
            or the gates, the predictions or the figures are absent or malformed.
    """
    file = inputs.onnx_model / MODEL_FILE
    _check_onnx(file)
    described = _mapping(inputs.onnx_model / DESCRIPTION_FILE)
    metrics = _scalars(inputs.evaluation, needed=(_MACRO_AUC, _THRESHOLD))
    own = Gate("macro AUC, test", metrics[_MACRO_AUC], minimum_test_macro_auc, at_least=True)
    return Candidate(
        folder=inputs.onnx_model,
        digest=sha256(file),
        described=described,
        fingerprints=_fingerprints(described),
        metrics=metrics,
        gates=[own, *(gate for path in inputs.gates for gate in read_gates(path))],
        predictions=test_predictions(str(inputs.ensemble), metrics[_THRESHOLD]),
        figures=_figures(inputs.ensemble / "figures.csv", f"ensemble ({described.get('method')})"),
        subgroups=_table(inputs.ensemble / "subgroups.csv", _SUBGROUP),
        robustness=_scalars(inputs.robustness),
        reference=_reference(inputs.ensemble / REFERENCE_FILE),
        provenance=provenance,
    )


def _check_onnx(file: Path) -> None:
    if not file.is_file():
        raise DataError(f"no {MODEL_FILE} in {file.parent}: run convert again")
    try:
        onnx.checker.check_model(str(file))
    except onnx.checker.ValidationError as error:
        raise DataError(f"{file} is not a valid ONNX model: {error}; run convert again") from error


def _mapping(file: Path) -> dict[str, Any]:
    held = read_json(file)
    if not isinstance(held, dict):
        raise DataError(f"{file} must hold a JSON object: run the stage that writes it again")
    return held


def _fingerprints(described: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: value
        for key, value in described.items()
        if key.endswith("fingerprint") and isinstance(value, str) and value
    }


def _scalars(file: Path, needed: Sequence[str] = ()) -> dict[str, float]:
    # JSON has no NaN: null is an undefined figure.
    scalars = {name: math.nan if value is None else value for name, value in _mapping(file).items()}
    for name in needed:
        if name not in scalars:
            raise DataError(f"{file} has no {name}, which the decision needs: run evaluate again")
        if not _is_number(scalars[name]):
            raise DataError(f"{name} in {file} must be a number, not {scalars[name]!r}")
    return {name: float(value) for name, value in scalars.items() if _is_number(value)}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def test_predictions(ensemble: str, threshold: float) -> pd.DataFrame:
    """Read the test predictions that evaluate wrote: see `Candidate.predictions`.

    Args:
        ensemble: path or gs:// URI of its folder.
        threshold: on the sum of the malignant classes.

    Raises:
        DataError: the predictions are absent, cannot be read, or are malformed.
    """
    file = f"{ensemble}/{_PREDICTIONS_FILE}"
    try:
        table = pd.read_parquet(io.BytesIO(open_store(ensemble).read(_PREDICTIONS_FILE)))
    except (StorageError, OSError, ValueError) as error:
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
    return test.assign(**{CALLED_MALIGNANT: malignant_score(test[PROBABILITIES].to_numpy()) >= threshold})


def _figures(file: Path, model: str) -> pd.DataFrame:
    table = _table(file, ["model", "split", *_ESTIMATE])
    chosen = table.loc[(table["model"] == model) & (table["split"] == "test"), _ESTIMATE].reset_index(drop=True)
    if chosen.empty:
        raise DataError(f"{file} has no test figures of {model}: run evaluate again")
    return chosen


def _reference(file: Path) -> Reference:
    reference = read_reference(file)
    if reference is None:
        raise DataError(f"there is no {file}: run evaluate again")
    return reference


def _table(file: Path, columns: list[str]) -> pd.DataFrame:
    try:
        table = pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise DataError(f"cannot read the table {file}: {error}; run evaluate again") from error
    if missing := [column for column in columns if column not in table]:
        raise DataError(f"{file} lacks the columns {', '.join(missing)}: run evaluate again")
    return table
