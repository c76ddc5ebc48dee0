"""A run in one JSON object."""

import json
from dataclasses import replace

from components.local.kfp_internals import TaskRun
from components.local.summary import summarize
from components.plan.presets import DEMO


def test_a_summary_has_what_the_stages_reported(runs: list[TaskRun]) -> None:
    summary = summarize(DEMO, runs)
    assert (summary["run_id"], summary["preset"], summary["status"]) == ("run-1", "demo", "SUCCEEDED")
    assert summary["data"] == {"images": 10, "quarantined": 3, "splits": {"train": 7, "validation": 2, "test": 1}}
    assert [member["test_macro_auc"] for member in summary["members"]] == [0.8, 0.8, 0.8]
    assert (summary["ensemble"]["method"], summary["ensemble"]["test_macro_auc"]) == ("rank", 0.9)
    assert summary["onnx"]["path"].endswith("run-1/onnx/ensemble.onnx")
    robustness = summary["robustness"]
    assert (robustness["images"], robustness["mean_corruption_error"], robustness["gates_failed"]) == (9, 0.4, 0)
    assert summary["registration"]["version"] == "3"
    assert summary["seconds"]["convert"] == 20.0
    assert summary["cached"] == ["ingest"]
    assert '"images": 10,' in json.dumps(summary, allow_nan=False)


def test_a_failed_run_has_null_for_what_never_came(runs: list[TaskRun]) -> None:
    failed = replace(runs[2], succeeded=False, outputs={})
    summary = summarize(DEMO, [*runs[:2], failed])
    assert (summary["status"], summary["failed"]) == ("FAILED", [failed.task])
    assert summary["members"][0]["test_accuracy"] is None
    assert summary["onnx"]["path"] is None
    json.dumps(summary, allow_nan=False)
