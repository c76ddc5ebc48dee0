"""The checker of compiled pipelines finds what KFP's compiler and protobufs let through."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import compiler, dsl, kubernetes

from tests.ir import undefined


@dsl.container_component
def train(gpus: str):
    return dsl.ContainerSpec(image="train", command=["python"], args=["--gpus", gpus])


@dsl.container_component
def tell(status: dsl.PipelineTaskFinalStatus):
    return dsl.ContainerSpec(image="tell", command=["python"], args=["--status", status])


def asking(gpus: Any, memory: Any, nodes: Any) -> None:
    task = train(gpus=gpus).set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(gpus).set_memory_limit(memory)
    kubernetes.add_node_affinity_json(task, nodes)


def compiled(pipeline: Any, folder: Path) -> list[dict[str, Any]]:
    compiler.Compiler().compile(pipeline, str(folder / "pipeline.yaml"))
    return list(yaml.safe_load_all((folder / "pipeline.yaml").read_text()))


def test_resources_by_parameters_are_defined_at_the_root(tmp_path: Path) -> None:
    @dsl.pipeline
    def flat(gpus: str = "1", memory: str = "1Gi", nodes: dict = {}):  # noqa: B006  KFP reads it
        asking(gpus, memory, nodes)

    assert undefined(compiled(flat, tmp_path)) == []


def test_resources_by_parameters_are_undefined_in_an_exit_handler(tmp_path: Path) -> None:
    @dsl.pipeline
    def handled(gpus: str = "1", memory: str = "1Gi", nodes: dict = {}):  # noqa: B006
        with dsl.ExitHandler(tell()):
            asking(gpus, memory, nodes)

    assert undefined(compiled(handled, tmp_path)) == [
        "comp-exit-handler-1, train: parameters: the graph has no input pipelinechannel--memory"
    ]


def test_they_are_defined_in_a_pipeline_that_an_exit_handler_holds(tmp_path: Path) -> None:
    @dsl.pipeline
    def inner(gpus: str, memory: str, nodes: dict):
        asking(gpus, memory, nodes)

    @dsl.pipeline
    def outer(gpus: str = "1", memory: str = "1Gi", nodes: dict = {}):  # noqa: B006
        with dsl.ExitHandler(tell()):
            inner(gpus=gpus, memory=memory, nodes=nodes)

    assert undefined(compiled(outer, tmp_path)) == []


@pytest.fixture
def documents(tmp_path: Path) -> list[dict[str, Any]]:
    @dsl.pipeline
    def flat(gpus: str = "1"):
        asking(gpus, "1Gi", {})

    return compiled(flat, tmp_path)


def test_an_input_that_is_not_given_is_found(documents: list[dict[str, Any]]) -> None:
    del documents[0]["root"]["dag"]["tasks"]["train"]["inputs"]["parameters"]["gpus"]
    assert undefined(documents) == ["root, train: parameters: gpus is not given"]


def test_a_placeholder_of_no_input_is_found(documents: list[dict[str, Any]]) -> None:
    documents[0]["deploymentSpec"]["executors"]["exec-train"]["container"]["image"] = "{{$.inputs.parameters['tag']}}"
    assert undefined(documents) == ["root, train: parameters: tag is in a placeholder and no input"]


def test_a_task_that_is_not_there_is_found(documents: list[dict[str, Any]]) -> None:
    documents[0]["root"]["dag"]["tasks"]["train"]["dependentTasks"] = ["ingest"]
    assert undefined(documents) == ["root, train: no task ingest to wait for"]


def test_a_task_that_waits_for_an_exit_task_is_found(documents: list[dict[str, Any]]) -> None:
    tasks = documents[0]["root"]["dag"]["tasks"]
    tasks["train"]["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    tasks["evaluate"] = {**tasks["train"], "triggerPolicy": {}, "dependentTasks": ["train"]}
    assert undefined(documents) == ["root, evaluate: train is an exit task, for which none can wait"]
