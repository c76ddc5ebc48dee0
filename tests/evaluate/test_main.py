"""The stage as KFP calls it."""

import json
import math
import sys
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import SettingsError, StorageError
from components.common.taxonomy import CLASSES
from components.evaluate.__main__ import main
from tests.evaluate.conftest import Inputs

OUTPUTS = ("ensemble", "confusion_matrix", "roc_curve", "table_1", "report", "metrics")


@pytest.fixture
def call(inputs: Inputs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Run the stage, and give what it told KFP."""

    def run(method: str = "rank", sensitivity: str = "0.9") -> dict[str, dict[str, object]]:
        out = tmp_path / "out"
        declared = {name: {"artifacts": [{"name": name, "uri": str(out / name)}]} for name in OUTPUTS}
        executor_input = {"outputs": {"artifacts": declared, "outputFile": str(out / "executor_output.json")}}
        paths = [part for name in OUTPUTS for part in (f"--{name.replace('_', '-')}", str(out / name))]
        arguments = ["--method", method, "--minimum-sensitivity", sensitivity, "--manifest", str(inputs.manifest)]
        arguments += ["--members", *map(str, inputs.members), "--predictions", *map(str, inputs.predictions), *paths]
        monkeypatch.setattr(sys, "argv", ["evaluate", *arguments, "--executor-input", json.dumps(executor_input)])
        main()
        published = json.loads((out / "executor_output.json").read_text())["artifacts"]
        return {name: listed["artifacts"][0]["metadata"] for name, listed in published.items()}

    return run


def test_every_output_is_written_and_published(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    published = call()
    assert set(published) == set(OUTPUTS)
    assert all((tmp_path / "out" / name).exists() for name in OUTPUTS)
    assert {path.name for path in (tmp_path / "out" / "ensemble").iterdir()} == {"ensemble.json", "predictions.parquet"}


def test_metrics_are_finite_scalars_with_and_without_unk(call) -> None:  # type: ignore[no-untyped-def]
    metrics = call()["metrics"]
    assert all(isinstance(value, float) and math.isfinite(value) for value in metrics.values())
    assert {"test_accuracy", "test_macro_auc", "test_macro_auc_without_unk", "test_melanoma_auc", "test_ece"} <= set(
        metrics
    )
    assert metrics["validation_malignant_sensitivity"] >= 0.9
    assert metrics["b0_test_accuracy"] < metrics["test_accuracy"]
    assert "probability_average_test_macro_auc" in metrics


def test_the_confusion_matrix_has_the_form_that_the_ui_draws(call) -> None:  # type: ignore[no-untyped-def]
    matrix = call()["confusion_matrix"]["confusionMatrix"]
    assert [spec["displayName"] for spec in matrix["annotationSpecs"]] == list(CLASSES)
    assert [sum(row["row"]) for row in matrix["rows"]] == [20] * 9


def test_the_roc_curve_has_the_form_that_the_ui_draws(call) -> None:  # type: ignore[no-untyped-def]
    points = call()["roc_curve"]["confidenceMetrics"]
    assert (points[0]["recall"], points[-1]["recall"]) == (0, 1)
    assert all(0 <= value <= 1 for point in points for value in point.values())


def test_table_1_has_a_row_for_each_member_and_the_ensemble(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    call()
    lines = [line for line in (tmp_path / "out" / "table_1").read_text().splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip() for line in lines] == ["Model", "-" * 17, "b0", "b1", "b2", "Ensemble (rank)"]
    assert [cell.strip() for cell in lines[2].split("|")[2:6]] == ["EfficientNetB0", "128", "96", "32"]


def test_the_other_method_can_be_asked_for(call, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert call(method="probability")["ensemble"] == {"method": "probability"}
    assert json.loads((tmp_path / "out" / "ensemble" / "ensemble.json").read_text())["method"] == "probability"


@pytest.mark.parametrize(
    ("method", "sensitivity", "message"),
    [("mean", "0.9", "must be one of rank, probability"), ("rank", "1.5", "--minimum-sensitivity 1.5")],
)
def test_a_wrong_setting_is_refused(call, method: str, sensitivity: str, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(SettingsError, match=message):
        call(method, sensitivity)


def test_a_figure_that_a_split_does_not_allow_is_null_in_the_file_and_not_published(
    call, inputs: Inputs, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    for file in inputs.predictions:
        table = pd.read_parquet(file)
        table.loc[table["split"] == "test", "label"] = 8
        table.to_parquet(file)
    published = call()["metrics"]
    written = json.loads((tmp_path / "out" / "metrics").read_text())
    assert written["test_macro_auc"] is None
    assert written["test_macro_auc_without_unk"] is None
    assert "test_macro_auc" not in published
    assert published["test_accuracy"] == written["test_accuracy"]
    assert "| –" in (tmp_path / "out" / "table_1").read_text()


def test_a_damaged_file_is_named(call, inputs: Inputs) -> None:  # type: ignore[no-untyped-def]
    inputs.predictions[2].write_bytes(b"not parquet")
    with pytest.raises(StorageError, match="cannot read .*predictions_2.parquet"):
        call()
