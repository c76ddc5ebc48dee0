import hashlib
import math
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import DataError, StorageError
from components.common.gates import Gate
from components.register.candidate import Candidate, Inputs, read_candidate
from components.register.comparison import CALLED_MALIGNANT, PROBABILITIES
from tests.register.conftest import IMAGES, MINIMUM, PROVENANCE, THRESHOLD, predictions, write_inputs


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    return write_inputs(tmp_path)


def read(inputs: Inputs) -> Candidate:
    return read_candidate(inputs, MINIMUM, PROVENANCE)


def test_a_candidate_has_its_digest_fingerprint_metrics_and_test_predictions(inputs: Inputs) -> None:
    candidate = read(inputs)

    assert candidate.digest == hashlib.sha256((inputs.onnx_model / "ensemble.onnx").read_bytes()).hexdigest()
    assert candidate.fingerprints == {"fingerprint": "f1e2"}
    assert candidate.metrics == {"test_macro_auc": 0.9, "test_accuracy": 0.7, "malignant_threshold": THRESHOLD}
    assert list(candidate.predictions) == ["image_id", "group", "label", *PROBABILITIES, CALLED_MALIGNANT]
    assert len(candidate.predictions) == IMAGES


def test_only_the_test_split_counts(inputs: Inputs) -> None:
    table = predictions(1.0)
    table.loc[:9, "split"] = "validation"
    table.to_parquet(inputs.ensemble / "predictions.parquet")

    assert len(read(inputs).predictions) == IMAGES - 10


def test_an_undefined_metric_is_nan(inputs: Inputs) -> None:
    (inputs.evaluation).write_text('{"test_macro_auc": null, "malignant_threshold": 0.35}')

    assert math.isnan(read(inputs).metrics["test_macro_auc"])


def test_the_gates_of_all_stages_come_with_one_on_the_macro_auc(inputs: Inputs) -> None:
    gates = read(inputs).gates

    assert [gate.name for gate in gates] == ["macro AUC, test", "melanoma sensitivity, test", "mean corruption error"]
    assert gates[0] == Gate("macro AUC, test", 0.9, MINIMUM, at_least=True)


def test_an_undefined_macro_auc_fails_its_gate(inputs: Inputs) -> None:
    inputs.evaluation.write_text('{"test_macro_auc": null, "malignant_threshold": 0.35}')

    assert not read(inputs).gates[0].passed


def test_gates_of_another_form_are_refused(inputs: Inputs) -> None:
    inputs.gates[1].write_text('[{"figure": 1}]')

    with pytest.raises(DataError, match="robustness_gates holds no gates of this version"):
        read(inputs)


def test_a_lesion_is_called_malignant_from_the_threshold_on(inputs: Inputs) -> None:
    predictions = read(inputs).predictions

    score = predictions[["p_MEL", "p_BCC", "p_SCC"]].sum(axis=1)
    assert (predictions[CALLED_MALIGNANT] == (score >= THRESHOLD)).all()
    assert 0 < predictions[CALLED_MALIGNANT].sum() < IMAGES


def test_a_folder_without_the_ensemble_is_refused(inputs: Inputs) -> None:
    (inputs.onnx_model / "ensemble.onnx").unlink()

    with pytest.raises(DataError, match="no ensemble.onnx in .*: run convert again"):
        read(inputs)


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_file_that_is_no_onnx_model_is_refused(inputs: Inputs, content: bytes) -> None:
    (inputs.onnx_model / "ensemble.onnx").write_bytes(content)

    with pytest.raises(DataError, match="ensemble.onnx is not a valid ONNX model"):
        read(inputs)


def test_a_folder_without_its_description_is_refused(inputs: Inputs) -> None:
    (inputs.onnx_model / "model.json").unlink()

    with pytest.raises(StorageError, match="cannot read .*model.json"):
        read(inputs)


@pytest.mark.parametrize("content", ["{}", '{"validation_macro_auc": 0.9}'])
def test_an_evaluation_without_the_metric_is_refused(inputs: Inputs, content: str) -> None:
    (inputs.evaluation).write_text(content)

    with pytest.raises(DataError, match="evaluation has no test_macro_auc"):
        read(inputs)


def test_a_metric_that_is_no_number_is_refused(inputs: Inputs) -> None:
    (inputs.evaluation).write_text('{"test_macro_auc": "high"}')

    with pytest.raises(DataError, match="test_macro_auc .* must be a number, not 'high'"):
        read(inputs)


def test_predictions_that_are_no_parquet_file_are_refused(inputs: Inputs) -> None:
    (inputs.ensemble / "predictions.parquet").write_text("image_id,label")

    with pytest.raises(DataError, match="cannot read the predictions"):
        read(inputs)


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
    inputs: Inputs, broken: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    broken(predictions(1.0)).to_parquet(inputs.ensemble / "predictions.parquet")

    with pytest.raises(DataError, match=message):
        read(inputs)


def test_the_figures_are_the_ensembles_on_test(inputs: Inputs) -> None:
    figures = read(inputs).figures

    assert list(figures["figure"]) == ["macro_auc", "auc_MEL", "recall_MEL"]
    assert list(figures.loc[0, ["value", "low", "high"]]) == [0.9, 0.85, 0.95]


@pytest.mark.parametrize(
    ("table", "content", "message"),
    [
        ("figures.csv", "model,split,figure,value,low,high\nB4,test,macro_auc,1,1,1\n", "no test figures of ensemble"),
        ("figures.csv", "model,split\n", "figures.csv lacks the columns figure, value, low, high"),
        ("subgroups.csv", "", "cannot read the table .*subgroups.csv"),
    ],
)
def test_malformed_tables_are_refused(inputs: Inputs, table: str, content: str, message: str) -> None:
    (inputs.ensemble / table).write_text(content)

    with pytest.raises(DataError, match=message):
        read(inputs)


def test_an_evaluation_without_the_reference_for_drift_is_refused(inputs: Inputs) -> None:
    (inputs.ensemble / "reference.json").unlink()

    with pytest.raises(DataError, match="there is no .*reference.json: run evaluate again"):
        read(inputs)


def test_what_is_no_object_is_refused(inputs: Inputs) -> None:
    inputs.robustness.write_text("[]")

    with pytest.raises(DataError, match="robustness must hold a JSON object"):
        read(inputs)
