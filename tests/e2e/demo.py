"""Runs of preset demo, shorter than those of `make demo`."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
# So short a training learns little: the gates would rightly keep its model from being champion.
OPEN = ("minimum_test_macro_auc=0", "minimum_melanoma_sensitivity=0", "maximum_subgroup_gap=1", "maximum_ece=1")
SHORT = ["--set", "epochs=1", "trials=1", "robustness_images=2", *OPEN]


@dataclass(frozen=True)
class Run:
    root: Path
    output: str
    summary: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.root / self.summary["run_id"]


def run(root: Path, *settings: str, data: Path | None = None, runner: str = "host") -> subprocess.CompletedProcess[str]:
    """Run the demo under a root as a person does, in a process of its own."""
    command = [
        sys.executable,
        "pipeline.py",
        "run",
        "--preset",
        "demo",
        "--root",
        str(root),
        "--runner",
        runner,
        *SHORT,
    ]
    command += settings
    if data:
        command += ["--data", str(data)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def newest(root: Path) -> dict[str, Any]:
    """The summary of the run that began last."""
    return json.loads(max(root.glob("skin-lesion-*/summary.json")).read_text())
