import hashlib
import json
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import DataError, StorageError
from components.register.candidate import PROBABILITIES, Candidate, read_candidate
from tests.register.conftest import IMAGES, predictions, write_onnx


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What convert and evaluate write, all in one folder."""
    write_onnx(tmp_path / "ensemble.onnx")
    (tmp_path / "model.json").write_text(json.dumps({"fingerprint": "f1e2", "opset": 18}))
    (tmp_path / "evaluation").write_text(json.dumps({"test_macro_auc": 0.9}))
    predictions(1.0).to_parquet(tmp_path / "predictions.parquet")
    return tmp_path


def read(folder: Path) -> Candidate:
    return read_candidate(folder, folder, folder / "evaluation")


def test_a_candidate_has_its_digest_fingerprint_metrics_and_test_predictions(folder: Path) -> None:
    candidate = read(folder)

    assert candidate.digest == hashlib.sha256((folder / "ensemble.onnx").read_bytes()).hexdigest()
    assert candidate.fingerprints == {"fingerprint": "f1e2"}
    assert candidate.metrics == {"test_macro_auc": 0.9}
    assert list(candidate.predictions) == ["image_id", "group", "label", *PROBABILITIES]
    assert len(candidate.predictions) == IMAGES


def test_only_the_test_split_counts(folder: Path) -> None:
    table = predictions(1.0)
    table.loc[:9, "split"] = "validation"
    table.to_parquet(folder / "predictions.parquet")

    assert len(read(folder).predictions) == IMAGES - 10


def test_an_undefined_metric_is_nan(folder: Path) -> None:
    (folder / "evaluation").write_text('{"test_macro_auc": null}')

    assert math.isnan(read(folder).metrics["test_macro_auc"])


def test_a_folder_without_the_ensemble_is_refused(folder: Path) -> None:
    (folder / "ensemble.onnx").unlink()

    with pytest.raises(DataError, match="no ensemble.onnx in .*: run convert again"):
        read(folder)


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_file_that_is_no_onnx_model_is_refused(folder: Path, content: bytes) -> None:
    (folder / "ensemble.onnx").write_bytes(content)

    with pytest.raises(DataError, match="ensemble.onnx is not a valid ONNX model"):
        read(folder)


def test_a_folder_without_its_description_is_refused(folder: Path) -> None:
    (folder / "model.json").unlink()

    with pytest.raises(StorageError, match="cannot read .*model.json"):
        read(folder)


@pytest.mark.parametrize("content", ["{}", "[]", '{"validation_macro_auc": 0.9}'])
def test_an_evaluation_without_the_metric_is_refused(folder: Path, content: str) -> None:
    (folder / "evaluation").write_text(content)

    with pytest.raises(DataError, match="evaluation has no test_macro_auc"):
        read(folder)


def test_a_metric_that_is_no_number_is_refused(folder: Path) -> None:
    (folder / "evaluation").write_text('{"test_macro_auc": "high"}')

    with pytest.raises(DataError, match="test_macro_auc .* must be a number, not 'high'"):
        read(folder)


def test_predictions_that_are_no_parquet_file_are_refused(folder: Path) -> None:
    (folder / "predictions.parquet").write_text("image_id,label")

    with pytest.raises(DataError, match="cannot read the predictions"):
        read(folder)


def without_a_class(table: pd.DataFrame) -> pd.DataFrame:
    return table.drop(columns="p_MEL")


def without_a_test_split(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(split="validation")


def with_an_image_twice(table: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([table, table.head(1)])


def with_a_missing_probability(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(p_NV=table["p_NV"].where(table.index > 0))


def with_a_tenth_class(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(label=9)


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (without_a_class, "lacks the columns p_MEL"),
        (without_a_test_split, "has no predictions of the test split"),
        (with_an_image_twice, "has test images more than once, ISIC_0000000"),
        (with_a_missing_probability, "probabilities that are missing or outside 0 to 1"),
        (with_a_tenth_class, "test labels outside 0 to 8"),
    ],
)
def test_malformed_predictions_are_refused(
    folder: Path, broken: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    broken(predictions(1.0)).to_parquet(folder / "predictions.parquet")

    with pytest.raises(DataError, match=message):
        read(folder)
