"""The stage as KFP calls it."""

import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.common.errors import SettingsError, StorageError
from components.common.gates import read_gates
from components.common.reference import read_reference
from components.common.taxonomy import CLASSES
from components.evaluate.__main__ import main
from tests.evaluate.conftest import IMAGES, Inputs, evaluate_settings, write_inputs

OUTPUTS = ("ensemble", "confusion_matrix", "roc_curve", "table_1", "report", "gates", "metrics")


Published = dict[str, dict[str, Any]]


def run(inputs: Inputs, out: Path, **changes: str) -> Published:
    """Run the stage, and give what it told KFP."""
    declared = {name: {"artifacts": [{"name": name, "uri": str(out / name)}]} for name in OUTPUTS}
    executor_input = {"outputs": {"artifacts": declared, "outputFile": str(out / "executor_output.json")}}
    values = {name: str(value) for name, value in asdict(evaluate_settings()).items()} | changes
    values |= {name: str(out / name) for name in OUTPUTS} | {"manifest": str(inputs.manifest)}
    arguments = [part for name, value in values.items() for part in (f"--{name.replace('_', '-')}", value)]
    arguments += ["--members", *map(str, inputs.members), "--predictions", *map(str, inputs.predictions)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["evaluate", *arguments, "--executor-input", json.dumps(executor_input)])
        main()
    published = json.loads((out / "executor_output.json").read_text())["artifacts"]
    return {name: listed["artifacts"][0]["metadata"] for name, listed in published.items()}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a finished run left its outputs."""
    return tmp_path_factory.mktemp("finished") / "out"


@pytest.fixture(scope="module")
def published(out: Path) -> Published:
    """What that run told KFP; its gate on calibration fails."""
    return run(write_inputs(out.parent), out, maximum_ece="0", maximum_subgroup_gap="1")


def test_every_output_is_written_and_published(published: Published, out: Path) -> None:
    assert set(published) == set(OUTPUTS)
    assert all((out / name).exists() for name in OUTPUTS)
    assert {path.name for path in (out / "ensemble").iterdir()} == {
        "ensemble.json",
        "figures.csv",
        "predictions.parquet",
        "reference.json",
        "subgroups.csv",
    }


def test_the_reference_for_drift_counts_all_images_and_the_predictions(published: Published, out: Path) -> None:
    reference = read_reference(out / "ensemble" / "reference.json")
    assert reference is not None
    features = reference.features
    assert features["sex"].total == sum(IMAGES.values())
    assert features["predicted_class"].total == IMAGES["validation"] + IMAGES["test"]
    yes = features["unusual"].labels.index("yes")
    assert 0 < features["unusual"].counts[yes] < 0.2 * features["unusual"].total


def test_metrics_are_finite_scalars_with_and_without_unk(published: Published) -> None:
    metrics = published["metrics"]
    assert all(isinstance(value, float) and math.isfinite(value) for value in metrics.values())
    assert {"test_accuracy", "test_macro_auc", "test_macro_auc_without_unk", "test_melanoma_auc", "test_ece"} <= set(
        metrics
    )
    assert metrics["validation_malignant_sensitivity"] >= 0.9
    assert metrics["b0_test_accuracy"] < metrics["test_accuracy"]
    assert "probability_average_test_macro_auc" in metrics


def test_all_figures_of_all_models_are_kept_with_their_intervals(published: Published, out: Path) -> None:
    metrics = published["metrics"]
    table = pd.read_csv(out / "ensemble" / "figures.csv")
    assert set(table["model"]) == {"b0", "b1", "b2", "ensemble (rank)", "ensemble (probability)"}
    judged = table[table["split"] != "train"]
    assert judged.notna().all(axis=None)
    assert (judged["low"] < judged["high"]).all()
    one = table[(table["model"] == "ensemble (rank)") & (table["split"] == "test")].set_index("figure").loc["ece"]
    assert (one["value"], one["low"]) == pytest.approx((metrics["test_ece"], metrics["test_ece_low"]))


def test_the_gates_are_written_and_a_failed_one_does_not_fail_the_stage(published: Published, out: Path) -> None:
    assert [(gate.limit, gate.passed) for gate in read_gates(out / "gates")] == [(0.5, True), (1.0, True), (0.0, False)]
    assert published["gates"]["passed"] is False
    assert "expected calibration error, test: " in published["gates"]["outcomes"]


def test_the_confusion_matrix_has_the_form_that_the_ui_draws(published: Published) -> None:
    matrix = published["confusion_matrix"]["confusionMatrix"]
    assert [spec["displayName"] for spec in matrix["annotationSpecs"]] == list(CLASSES)
    assert [sum(row["row"]) for row in matrix["rows"]] == [20] * 9


def test_the_roc_curve_has_the_form_that_the_ui_draws(published: Published) -> None:
    points = published["roc_curve"]["confidenceMetrics"]
    assert (points[0]["recall"], points[-1]["recall"]) == (0, 1)
    assert all(0 <= value <= 1 for point in points for value in point.values())


def test_table_1_has_a_row_for_each_member_and_the_ensemble(published: Published, out: Path) -> None:
    lines = [line for line in (out / "table_1").read_text().splitlines() if line.startswith("|")]
    assert [line.split("|")[1].strip() for line in lines] == ["Model", "-" * 17, "b0", "b1", "b2", "Ensemble (rank)"]
    assert [cell.strip() for cell in lines[2].split("|")[2:6]] == ["EfficientNetB0", "128", "96", "32"]


def test_the_other_method_can_be_asked_for(inputs: Inputs, tmp_path: Path) -> None:
    assert run(inputs, tmp_path, method="probability")["ensemble"] == {"method": "probability"}
    assert json.loads((tmp_path / "ensemble" / "ensemble.json").read_text())["method"] == "probability"


def test_a_wrong_setting_is_refused(inputs: Inputs, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="maximum_ece must be from 0 to 1, not 2.0"):
        run(inputs, tmp_path, maximum_ece="2")


def test_a_figure_that_a_split_does_not_allow_is_null_in_the_file_and_not_published(
    inputs: Inputs, tmp_path: Path
) -> None:
    for file in inputs.predictions:
        table = pd.read_parquet(file)
        table.loc[table["split"] == "test", "label"] = np.where(np.arange(180) % 2, 8, 1)
        table.to_parquet(file)
    published = run(inputs, tmp_path)
    written = json.loads((tmp_path / "metrics").read_text())
    assert written["test_malignant_auc"] is None
    assert written["test_macro_auc_without_unk"] is None
    assert "test_malignant_auc" not in published["metrics"]
    assert published["metrics"]["test_accuracy"] == written["test_accuracy"]
    assert [math.isnan(gate.figure) for gate in read_gates(tmp_path / "gates")] == [True, True, False]


def test_a_damaged_file_is_named(inputs: Inputs, tmp_path: Path) -> None:
    inputs.predictions[2].write_bytes(b"not parquet")
    with pytest.raises(StorageError, match="cannot read .*predictions_2.parquet"):
        run(inputs, tmp_path)
