"""Arguments of the stage, for a small member."""

import json
from pathlib import Path
from typing import Any

from tests.train.conftest import CROP

OUTPUTS = ("model", "predictions", "trial_table", "curves", "search", "metrics")


def stage_arguments(records: Path, out: Path, **changes: Any) -> dict[str, str]:
    """By option; `changes` by the names of the settings."""
    declared = {name: {"artifacts": [{"name": name, "uri": str(out / name)}]} for name in OUTPUTS}
    executor_input = {"outputs": {"artifacts": declared, "outputFile": str(out / "executor_output.json")}}
    arguments = {
        "member": "tiny", "backbone": "EfficientNetB0", "crop": CROP, "size": 32, "batch_size": 16,
        "learning_rate": 1e-3, "epochs": 1, "trials": 1, "trial_epochs": 1, "weights": "", "seed": 0,
        "deterministic": "true", "records": records, **{name: out / name for name in OUTPUTS},
        "executor_input": json.dumps(executor_input),
    }  # fmt: skip
    return {f"--{name.replace('_', '-')}": str(value) for name, value in {**arguments, **changes}.items()}
