"""Which of the tasks that KFP's API (v2beta1) tells of a run are the pipeline's own.

The API of KFP 2.17 lists the nodes of the Argo workflow, by their names alone: what stands above a node is not told,
nor its pod, nor its error (kubeflow/pipelines issue 14007). Around and below each task there are others: the workflow,
its root, the groups that hold tasks, what runs at the end of a group, a driver before each task, its pods inside it.
"""

import re

PIPELINE = "skin-lesion"
"""The pipeline's name: of the whole, and of the group that holds the stages."""

WATCHED = "exit-handler-1"
"""The group of all that an exit task waits for."""

_DRIVER = "-driver"
# The workflow is named after the pipeline, with five characters by chance.
_OTHERS = re.compile(rf"root|{PIPELINE}(-[a-z0-9]{{5}})?|{WATCHED}|.+\.onExit|executor(\(\d+\))?|driver")


def own_task(node: str) -> str:
    """Name of the pipeline's task that a node is, or is the driver of; empty of all else."""
    name = node.removesuffix(_DRIVER)
    return "" if _OTHERS.fullmatch(name) else name


def is_driver(node: str) -> bool:
    """Whether the node works out a task's inputs before it: a task whose driver failed never begins."""
    return node.endswith(_DRIVER)
