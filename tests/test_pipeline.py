"""The compiled pipeline: whole, valid, the same as its golden copy, and right for GPU nodes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp.pipeline_spec.pipeline_spec_pb2 import PipelineDeploymentConfig, PipelineSpec, PlatformSpec

import pipeline
from components.local.images import source_image
from components.notify.__main__ import WEBHOOK
from components.plan.presets import PRESETS
from tests.ir import undefined

GOLDEN = Path(__file__).parent / "golden" / "paper.yaml"
STAGES = {"ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register", "notify"}


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


def training(documents: list[dict[str, Any]]) -> dict[str, Any]:
    """The graph of the stages; around it stands the one that says how it went."""
    return documents[0]["components"]["comp-skin-lesion"]


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
    stages = spec.components["comp-skin-lesion"].dag.tasks
    assert len(stages) == len(deployment.executors) - 1 in (9, 12)
    for platform in compiled[1:]:
        assert json_format.ParseDict(platform, PlatformSpec()).platforms["kubernetes"]


def test_nothing_undefined_is_referred_to(compiled: list[dict[str, Any]]) -> None:
    assert undefined(compiled) == []


def test_every_placeholder_of_a_command_is_an_input_or_output_of_its_component(compiled: list[dict[str, Any]]) -> None:
    spec = compiled[0]
    for component in (one for one in spec["components"].values() if "executorLabel" in one):
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
    tasks = training(paper)["dag"]["tasks"]
    names = {name: task["taskInfo"]["name"] for name, task in tasks.items() if name.startswith("train")}
    assert names == {
        "train-efficientnet-b4": "train EfficientNetB4",
        "train-efficientnet-b5": "train EfficientNetB5",
        "train-efficientnet-b7": "train EfficientNetB7",
    }


def test_every_task_says_what_it_needs_and_may_have(compiled: list[dict[str, Any]]) -> None:
    executors = compiled[0]["deploymentSpec"]["executors"]
    for name, executor in executors.items():
        asked = executor["container"]["resources"]
        for what in ("Cpu", "Memory"):
            assert asked[f"resource{what}Request"] == asked[f"resource{what}Limit"], name


@pytest.mark.parametrize("member", ["b4", "b5", "b7"])
def test_each_training_task_of_paper_gets_a_gpu_node(paper: list[dict[str, Any]], member: str) -> None:
    spec, platform = paper
    container = spec["deploymentSpec"]["executors"][f"exec-train-efficientnet-{member}"]["container"]
    accelerator = container["resources"]["accelerator"]
    assert accelerator["resourceType"] == "nvidia.com/gpu"
    assert container["resources"]["resourceMemoryLimit"]
    assert container["resources"]["resourceCpuLimit"] == "8"
    pod = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][f"exec-train-efficientnet-{member}"]
    assert pod["emptyDirMounts"][0]["mountPath"] == "/dev/shm"
    assert int(pod["activeDeadlineSeconds"]) > 0
    retry = training(paper)["dag"]["tasks"][f"train-efficientnet-{member}"]["retryPolicy"]
    assert retry == {"backoffDuration": "60s", "backoffFactor": 2.0, "backoffMaxDuration": "3600s", "maxRetryCount": 3}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_training_task_of_paper_takes_its_pool_from_parameters(paper: list[dict[str, Any]], number: int) -> None:
    spec, platform = paper
    (name,) = [task for task in training(paper)["dag"]["tasks"] if task.endswith(["b4", "b5", "b7"][number - 1])]
    container = spec["deploymentSpec"]["executors"][f"exec-{name}"]["container"]
    pod = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"][f"exec-{name}"]
    count = container["resources"]["accelerator"]["resourceCount"]
    assert count == f"{{{{$.inputs.parameters['pipelinechannel--member_{number}_gpus']}}}}"
    nodes = pod["nodeAffinity"][0]["nodeAffinityJson"]
    assert nodes == {"componentInputParameter": f"member_{number}_nodes"}
    tolerations = pod["tolerations"][0]["tolerationJson"]
    assert tolerations == {"componentInputParameter": f"member_{number}_tolerations"}
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert parameters[f"member_{number}_tolerations"]["defaultValue"][0]["key"] == "nvidia.com/gpu"


@pytest.mark.parametrize("number", [1, 2, 3])
def test_the_stage_expects_as_many_gpus_as_the_pod_asks_for(paper: list[dict[str, Any]], number: int) -> None:
    inputs = [
        task["inputs"]["parameters"]["gpus"]
        for name, task in training(paper)["dag"]["tasks"].items()
        if name.startswith("train-")
    ]
    assert inputs[number - 1] == {"componentInputParameter": f"member_{number}_gpus"}


def test_the_number_of_gpus_is_a_text_since_the_backend_makes_no_gpu_of_a_number(paper: list[dict[str, Any]]) -> None:
    parameters = paper[0]["root"]["inputDefinitions"]["parameters"]
    assert parameters["member_1_gpus"] | {"description": ""} == {
        "parameterType": "STRING", "defaultValue": "1", "isOptional": True, "description": "",
    }  # fmt: skip


@pytest.mark.parametrize("member", ["b4", "b5", "b7"])
def test_what_kfp_caches_a_training_by_holds_the_number_of_gpus_and_not_their_kind(
    paper: list[dict[str, Any]], member: str
) -> None:
    inputs = training(paper)["dag"]["tasks"][f"train-efficientnet-{member}"]["inputs"]["parameters"]
    assert "gpus" in inputs
    assert [name for name in inputs if name.endswith(("_nodes", "_tolerations"))] == []


def test_a_pool_that_is_chosen_becomes_the_default_of_its_parameters(tmp_path: Path) -> None:
    arguments = ["--pool", "l4-spot", "efficientnet-b7=a100:2", "--output", str(tmp_path / "paper.yaml")]
    pipeline.main(["compile", "--preset", "paper", *arguments])
    spec = next(iter(yaml.safe_load_all((tmp_path / "paper.yaml").read_text())))
    defaults = {name: one.get("defaultValue") for name, one in spec["root"]["inputDefinitions"]["parameters"].items()}
    assert (defaults["member_1_gpus"], defaults["member_3_gpus"]) == ("1", "2")
    assert "preferredDuringSchedulingIgnoredDuringExecution" in defaults["member_1_nodes"]
    assert "nvidia-tesla-a100" in str(defaults["member_3_nodes"])


def test_the_end_of_a_run_is_told_whatever_became_of_it(paper: list[dict[str, Any]]) -> None:
    spec, platform = paper
    told = spec["root"]["dag"]["tasks"]["notify"]
    assert told["triggerPolicy"]["strategy"] == "ALL_UPSTREAM_TASKS_COMPLETED"
    assert told["inputs"]["parameters"]["status"]["taskFinalStatus"]["producerTask"] == "exit-handler-1"
    secret = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["exec-notify"]["secretAsEnv"][0]
    assert (secret["secretName"], secret["optional"]) == ("notification", True)
    assert secret["keyToEnv"] == [{"envVar": WEBHOOK, "secretKey": "webhook_url"}]


def test_a_local_run_is_flat_and_has_no_pools() -> None:
    preset = PRESETS["paper"].on_this_machine()
    spec = pipeline.build_pipeline(preset, source_image).pipeline_spec
    assert "ingest" in spec.root.dag.tasks
    assert [name for name in spec.root.input_definitions.parameters if name.startswith("member_")] == []


def test_preprocess_is_spread_over_tasks_that_one_task_gathers(tmp_path: Path) -> None:
    arguments = ["--preset", "paper", "--preprocess-parts", "3", "--output", str(tmp_path / "paper.yaml")]
    pipeline.main(["compile", *arguments])
    spec, platform = yaml.safe_load_all((tmp_path / "paper.yaml").read_text())
    tasks = training([spec])["dag"]["tasks"]
    parts = [name for name in tasks if name.startswith("preprocess-part")]
    assert [tasks[name]["taskInfo"]["name"] for name in parts] == [f"preprocess part {n} of 3" for n in (1, 2, 3)]
    numbers = [tasks[name]["inputs"]["parameters"]["part"]["runtimeValue"]["constant"] for name in parts]
    assert numbers == [0, 1, 2]
    gather = tasks["preprocess"]
    assert set(parts) < set(gather["dependentTasks"])
    assert "triggerPolicy" not in gather  # of one that goes on after a failure KFP's backend makes an exit hook
    executors = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert all(executors[tasks[name]["componentRef"]["name"].replace("comp-", "exec-")] for name in parts)


def test_no_task_runs_as_root(compiled: list[dict[str, Any]]) -> None:
    executors = compiled[1]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    assert set(executors) == set(compiled[0]["deploymentSpec"]["executors"])
    assert {executor["securityContext"]["runAsNonRoot"] for executor in executors.values()} == {True}


def test_registration_is_never_cached_and_all_else_is(compiled: list[dict[str, Any]]) -> None:
    tasks = training(compiled)["dag"]["tasks"]
    cached = {name for name, task in tasks.items() if task["cachingOptions"].get("enableCache")}
    assert set(tasks) - cached == {"register"}
    assert not compiled[0]["root"]["dag"]["tasks"]["notify"]["cachingOptions"].get("enableCache")


def test_all_that_makes_the_model_is_recorded_with_it(compiled: list[dict[str, Any]]) -> None:
    graph = training(compiled)
    recorded = graph["dag"]["tasks"]["register"]["inputs"]["parameters"]["settings"]["runtimeValue"]["constant"]
    names = {line.partition("=")[0] for line in recorded.splitlines()}
    left = set(graph["inputDefinitions"]["parameters"]) - names
    # Of the machines, their number alone: it divides the batch.
    assert {name for name in left if not name.endswith(("_nodes", "_tolerations"))} == {"registry", "model_name"}
    assert {"members", "bootstrap_rounds", "minimum_sensitivity"} <= names


def test_a_person_can_set_what_they_need(compiled: list[dict[str, Any]]) -> None:
    parameters = compiled[0]["root"]["inputDefinitions"]["parameters"]
    assert {"data", "data_version", "epochs", "trials", "batch_size", "weights", "registry", "model_name"} <= set(
        parameters
    )
    assert {"minimum_melanoma_sensitivity", "maximum_subgroup_gap", "maximum_ece"} <= set(parameters)
    assert "defaultValue" not in parameters["data"]


@pytest.mark.parametrize(
    ("output", "message"),
    [("/dev/null/paper.yaml", "cannot write /dev/null/paper.yaml: "), ("paper.txt", "ends in .yaml")],
)
def test_a_place_for_the_pipeline_that_cannot_be_is_refused(output: str, message: str) -> None:
    with pytest.raises(SystemExit, match=message):
        pipeline.main(["compile", "--output", output])


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
