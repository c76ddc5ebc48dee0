"""The figures of a run: from the files that it left, or from the registry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from components.cluster.connection import Cluster
from components.cluster.figures import measured
from components.cluster.runs import find_run
from components.cluster.starting import start
from tests.cluster.conftest import DATA, package
from tests.cluster.kfp_server import KfpServer
from tests.cluster.test_starting import order
from tests.register.kubeflow_server import KubeflowServer

MODEL = "skin-lesion-sample"


def a_run(cluster: Cluster, **changes: Any) -> Any:
    return find_run(cluster, start(cluster, package(), order(**changes)).run_id)


@pytest.fixture
def registry() -> Iterator[tuple[KubeflowServer, str]]:
    server = KubeflowServer()
    with server.running() as address:
        yield server, address


def write(root: Path, run_id: str, artifact: str, content: Any) -> None:
    task, name = artifact.split("/")
    file = root / "skin-lesion" / run_id / task / "0b0b0b" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content))


def test_a_runs_files_below_its_root_hold_its_figures(cluster: Cluster, tmp_path: Path) -> None:
    run = a_run(cluster, pipeline_root=str(tmp_path))
    write(tmp_path, run.run_id, "evaluate/metrics", {"test_macro_auc": 0.9, "test_melanoma_auc": None})
    write(tmp_path, run.run_id, "robustness/metrics", {"images": 32})
    write(tmp_path, run.run_id, "register/registration", {"version": "7", "alias": "champion", "name": MODEL})
    write(tmp_path, "another-run", "evaluate/metrics", {"test_macro_auc": 0.1})
    assert measured(cluster, run).figures == {
        "test_macro_auc": 0.9,
        "test_melanoma_auc": None,
        "robustness_images": 32,
        "version": "7",
        "alias": "champion",
    }


def test_a_run_that_did_not_get_so_far_has_none(cluster: Cluster, tmp_path: Path) -> None:
    told = measured(cluster, a_run(cluster, pipeline_root=str(tmp_path)))
    assert (told.figures, told.note) == ({}, "neither evaluated nor registered")


def test_a_file_that_is_broken_is_named(cluster: Cluster, tmp_path: Path) -> None:
    run = a_run(cluster, pipeline_root=str(tmp_path))
    write(tmp_path, run.run_id, "evaluate/metrics", [0.9])
    assert "evaluate/0b0b0b/metrics is not the JSON object that the stage writes" in measured(cluster, run).note


def test_the_registry_is_asked_where_the_files_are_out_of_reach(
    cluster: Cluster, registry: tuple[KubeflowServer, str]
) -> None:
    server, address = registry
    run = a_run(cluster, parameters={"data": DATA, "registry": address})
    register(server, pipeline_run_id="another", test_macro_auc="0.1 0.0 0.2", alias="challenger")
    register(server, pipeline_run_id=run.run_id, test_macro_auc="0.9 0.8 1.0", alias="challenger")
    assert measured(cluster, run).figures == {"test_macro_auc": 0.9, "version": "3", "alias": "challenger"}


def test_the_registry_may_have_another_address_from_here(
    cluster: Cluster, registry: tuple[KubeflowServer, str]
) -> None:
    server, address = registry
    run = a_run(cluster, parameters={"data": DATA, "registry": "http://mlflow.cluster.local:5000"})
    register(server, pipeline_run_id=run.run_id, test_macro_auc="0.9 0.8 1.0")
    assert measured(cluster, run, address).figures["alias"] == "none"


def test_a_run_that_registered_nothing_says_so(cluster: Cluster, registry: tuple[KubeflowServer, str]) -> None:
    told = measured(cluster, a_run(cluster), registry[1])
    assert f"holds no version of {MODEL} from this run" in told.note


def test_a_pipeline_for_gpu_nodes_is_read_as_well(server: KfpServer, cluster: Cluster, tmp_path: Path) -> None:
    run = start(cluster, package("paper"), order(pipeline_root=str(tmp_path)))
    assert measured(cluster, find_run(cluster, run.run_id)).note == "neither evaluated nor registered"


def register(server: KubeflowServer, **properties: str) -> None:
    """Put a version into the registry."""
    held = {name: {"metadataType": "MetadataStringValue", "string_value": value} for name, value in properties.items()}
    if not server.lists:
        server.answer("POST", "/api/model_registry/v1alpha3/registered_models", None, {"name": MODEL})
    model = server.lists["registered_models"][0]["id"]
    server.answer(
        "POST",
        f"/api/model_registry/v1alpha3/registered_models/{model}/versions",
        None,
        {"name": properties["pipeline_run_id"], "state": "LIVE", "customProperties": held},
    )
