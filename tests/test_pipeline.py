"""The compiled pipeline: whole, valid, the same as its golden copy, and right for GPU nodes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec, PlatformSpec

import pipeline
from components.local.images import source_image
from components.presets import PRESETS

GOLDEN = Path(__file__).parent / "golden" / "paper.yaml"
STAGES = {"ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register"}


SPREAD = PRESETS["paper"].model_copy(update={"name": "paper in parts", "preprocess_parts": 3})


@pytest.fixture(scope="module", params=[*PRESETS.values(), SPREAD], ids=lambda preset: preset.name)
def compiled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The documents of a preset's compiled pipeline: the spec, and the platform's where there is one."""
    output = tmp_path_factory.mktemp("compiled") / "new" / "pipeline.yaml"
    pipeline.compile_to(output, request.param, lambda stage: source_image(stage, tag="golden"))
    return list(yaml.safe_load_all(output.read_text()))


@pytest.fixture(scope="module")
def paper() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(GOLDEN.read_text()))


def graphs(spec: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "root", spec["root"]
    yield from ((name, component) for name, component in spec["components"].items() if "dag" in component)


def test_the_paper_pipeline_equals_its_golden_copy(tmp_path: Path, paper: list[dict[str, Any]]) -> None:
    pipeline.main(
        [
            "compile",
            "--preset",
            "paper",
            "--tag",
            "golden",
            "--revision",
            "golden",
            "--output",
            str(tmp_path / "paper.yaml"),
        ]
    )
    compiled = list(yaml.safe_load_all((tmp_path / "paper.yaml").read_text()))
    for documents in (compiled, paper):
        documents[0].pop("sdkVersion", None)
    assert compiled == paper, "the pipeline changed: look at the difference, then renew the copy with `make golden`"


def test_the_spec_parses_into_the_protobufs_of_kfp(compiled: list[dict[str, Any]]) -> None:
    spec = json_format.ParseDict(compiled[0], PipelineSpec())
    deployment = json_format.ParseDict(compiled[0]["deploymentSpec"], PipelineDeploymentConfig())
    assert len(spec.root.dag.tasks) == len(deployment.executors) in (9, 12)
    for platform in compiled[1:]:
        assert json_format.ParseDict(platform, PlatformSpec()).platforms["kubernetes"]


def test_every_task_input_is_defined(compiled: list[dict[str, Any]]) -> None:
    spec = compiled[0]
    for name, graph in graphs(spec):
        defined = graph.get("inputDefinitions", {})
        tasks = graph["dag"]["tasks"]
        for task_name, task in tasks.items():
            component = spec["components"][task["componentRef"]["name"]]
            for kind in ("parameters", "artifacts"):
                given = task.get("inputs", {}).get(kind, {})
                # What is written into a text comes along under a name of KFP's.
                named = {input_name for input_name in given if not input_name.startswith("pipelinechannel--")}
                assert named <= set(component["inputDefinitions"].get(kind, {})), task_name
                for source in given.values():
                    for key in ("componentInputParameter", "componentInputArtifact"):
                        assert key not in source or source[key] in defined.get(kind, {}), f"{name}: {source}"
                    if "taskOutputArtifact" in source:
                        output = source["taskOutputArtifact"]
                        producer = spec["components"][tasks[output["producerTask"]]["componentRef"]["name"]]
                        assert output["outputArtifactKey"] in producer["outputDefinitions"]["artifacts"]


def test_every_placeholder_of_a_command_is_an_input_or_output_of_its_component(compiled: list[dict[str, Any]]) -> None:
    spec = compiled[0]
    for component in spec["components"].values():
        container = spec["deploymentSpec"]["executors"][component["executorLabel"]]["container"]
        for argument in container["args"]:
            for side, kind, name in re.findall(r"\$\.(inputs|outputs)\.(parameters|artifacts)\['(\w+)'\]", argument):
                assert name in component[f"{side[:-1]}Definitions"][kind], argument


def test_every_stage_has_its_own_image(compiled: list[dict[str, Any]]) -> None:
    executors = compiled[0]["deploymentSpec"]["executors"].values()
    assert {executor["container"]["image"] for executor in executors} == {
        f"localhost/skin-lesion/{stage}:golden" for stage in STAGES
    }


def test_the_training_tasks_of_paper_are_named_after_their_backbones(paper: list[dict[str, Any]]) -> None:
    tasks = paper[0]["root"]["dag"]["tasks"]
    names = {name: task["taskInfo"]["name"] for name, task in tasks.items() if name.startswith("train")}
    assert names == {
        "train-efficientnet-b4": "train EfficientNetB4",
        "train-efficientnet-b5": "train EfficientNetB5",
        "train-efficientnet-b7": "train EfficientNetB7",
    }


@pytest.mark.parametrize("member", ["b4", "b5", "b7"])
def test_each_training_task_of_paper_gets_a_gpu_node(paper: list[dict[str, Any]], member: str) -> None:
    spec, platform = paper
    container = spec["deploymentSpec"]["executors"][f"exec-train-efficientnet-{member}"]["container"]
    accelerator = container["resources"]["accelerator"]
    assert (accelerator["resourceType"], accelerator["resourceCount"]) == ("nvidia.com/gpu", "1")
    assert container["resources"]["resourceMemoryLimit"]
    assert container["resources"]["resourceCpuLimit"] == "8"
    pod = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][f"exec-train-efficientnet-{member}"]
    assert pod["nodeSelector"]["labels"] == {"cloud.google.com/gke-accelerator": "nvidia-l4"}
    assert pod["tolerations"] == [{"effect": "NoSchedule", "key": "nvidia.com/gpu", "operator": "Exists"}]
    assert pod["emptyDirMounts"][0]["mountPath"] == "/dev/shm"
    assert int(pod["activeDeadlineSeconds"]) > 0
    retry = spec["root"]["dag"]["tasks"][f"train-efficientnet-{member}"]["retryPolicy"]
    assert retry == {"backoffDuration": "60s", "backoffFactor": 2.0, "backoffMaxDuration": "3600s", "maxRetryCount": 3}


def test_preprocess_is_spread_over_tasks_that_one_task_gathers(tmp_path: Path) -> None:
    arguments = ["--preset", "paper", "--preprocess-parts", "3", "--output", str(tmp_path / "paper.yaml")]
    pipeline.main(["compile", *arguments])
    spec, platform = yaml.safe_load_all((tmp_path / "paper.yaml").read_text())
    tasks = spec["root"]["dag"]["tasks"]
    parts = [name for name in tasks if name.startswith("preprocess-part")]
    assert [tasks[name]["taskInfo"]["name"] for name in parts] == [f"preprocess part {n} of 3" for n in (1, 2, 3)]
    numbers = [tasks[name]["inputs"]["parameters"]["part"]["runtimeValue"]["constant"] for name in parts]
    assert numbers == [0, 1, 2]
    gather = tasks["preprocess"]
    assert set(parts) < set(gather["dependentTasks"])
    assert gather["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"  # it makes what a failed part left
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert all(executors[tasks[name]["componentRef"]["name"].replace("comp-", "exec-")] for name in parts)


def test_no_task_runs_as_root(compiled: list[dict[str, Any]]) -> None:
    executors = compiled[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert set(executors) == set(compiled[0]["deploymentSpec"]["executors"])
    assert {executor["securityContext"]["runAsNonRoot"] for executor in executors.values()} == {True}


def test_registration_is_never_cached_and_all_else_is(compiled: list[dict[str, Any]]) -> None:
    tasks = compiled[0]["root"]["dag"]["tasks"]
    cached = {name for name, task in tasks.items() if task["cachingOptions"].get("enableCache")}
    assert set(tasks) - cached == {"register"}


def test_all_that_makes_the_model_is_recorded_with_it(compiled: list[dict[str, Any]]) -> None:
    root = compiled[0]["root"]
    recorded = root["dag"]["tasks"]["register"]["inputs"]["parameters"]["settings"]["runtimeValue"]["constant"]
    names = {line.partition("=")[0] for line in recorded.splitlines()}
    assert set(root["inputDefinitions"]["parameters"]) - names == {"registry", "model_name"}
    assert {"members", "bootstrap_rounds", "minimum_sensitivity"} <= names


def test_a_person_can_set_what_they_need(compiled: list[dict[str, Any]]) -> None:
    parameters = compiled[0]["root"]["inputDefinitions"]["parameters"]
    assert {"data", "data_version", "epochs", "trials", "batch_size", "weights", "registry", "model_name"} <= set(
        parameters
    )
    assert {"minimum_melanoma_sensitivity", "maximum_subgroup_gap", "maximum_ece"} <= set(parameters)
    assert "defaultValue" not in parameters["data"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--preset", "sample"], "--data is missing"),
        (
            ["--preset", "demo", "--set", "epoch=3"],
            "where name is one of batch_size, data, data_version, decisive_figure, deterministic, epochs",
        ),
        (["--preset", "demo", "--set", "epochs"], "write name=value"),
        (["--preset", "demo", "--set", "epochs=many"], "epochs must be a whole number"),
        (["--preset", "demo", "--set", "epochs=0"], "epochs must be from 1 to 10000"),
        (["--preset", "demo", "--set", "method=mean"], "method must be rank or probability"),
        (["--preset", "sample", "--data", "/no/such/folder"], "no such folder: '/no/such/folder'"),
        (["--preset", "demo", "--root", "/dev/null/runs"], "cannot write"),
        (["--preset", "sample", "--data", "ftp://host/data"], "ftp://host/data"),
    ],
)
def test_a_wrong_argument_is_refused_at_once(
    arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match=message):
        pipeline.main(["run", *arguments])
