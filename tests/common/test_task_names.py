"""Of the nodes that KFP's API tells of a run, the pipeline's own tasks are found by their names."""

import re
from pathlib import Path

import pytest
import yaml

from components.common.task_names import PIPELINE, WATCHED, is_driver, own_task

GOLDEN = Path(__file__).parents[1] / "golden" / "paper.yaml"

# What KFP 2.17 makes of the pipeline, beside its tasks.
AROUND = [
    "skin-lesion-x8k2p", "root-driver", "root", "exit-handler-1-driver", "exit-handler-1", "exit-handler-1.onExit",
    "skin-lesion-driver", "skin-lesion", "executor", "executor(0)", "executor(12)", "driver",
]  # fmt: skip


@pytest.mark.parametrize("node", AROUND)
def test_what_stands_around_the_tasks_is_none(node: str) -> None:
    assert own_task(node) == ""


def test_of_the_compiled_pipeline_every_task_with_a_container_is_told_and_no_group() -> None:
    spec = next(yaml.safe_load_all(GOLDEN.read_text()))
    assert spec["pipelineInfo"]["name"] == PIPELINE
    assert spec["root"]["dag"]["tasks"]["notify"]["dependentTasks"] == [WATCHED]
    graphs = [one["dag"]["tasks"] for one in (spec["root"], *spec["components"].values()) if "dag" in one]
    names = {name: spec["components"][task["componentRef"]["name"]] for tasks in graphs for name, task in tasks.items()}
    assert {name for name in names if own_task(name)} == {name for name, one in names.items() if "dag" not in one}
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)


def test_a_driver_is_told_by_the_task_that_it_works_for() -> None:
    assert (own_task("ingest-driver"), is_driver("ingest-driver")) == ("ingest", True)
    assert (own_task("ingest"), is_driver("ingest")) == ("ingest", False)
