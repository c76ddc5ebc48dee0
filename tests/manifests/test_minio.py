"""MLflow's bucket: who makes it, and who may do what with it."""

import json
import re
import subprocess
from typing import Any

import pytest

from tests.manifests.rendering import Object, named

OVERLAYS = ("onprem", "local")


@pytest.fixture(params=OVERLAYS)
def objects(request, manifests) -> list[Object]:
    return manifests(request.param)


def bucket(objects: list[Object]) -> str:
    """In which MLflow keeps its files."""
    (name,) = {one["data"]["artifacts"] for one in objects if "artifacts" in one.get("data", {})}
    return re.fullmatch(r"s3://([^/]+)/\S+", name)[1]


def setup(objects: list[Object]) -> dict[str, str]:
    """The files of the job that makes it."""
    (volume,) = (one for one in _job(objects)["volumes"] if one["name"] == "setup")
    return named(objects, "ConfigMap", volume["configMap"]["name"])["data"]


def test_the_job_makes_the_bucket_that_mlflow_uses(objects) -> None:
    assert f"mb --ignore-existing minio/{bucket(objects)}\n" in setup(objects)["setup.sh"]


def test_mlflow_may_use_its_bucket_and_nothing_else(objects) -> None:
    statements = json.loads(setup(objects)["policy.json"])["Statement"]
    allowed = {resource for one in statements for resource in one["Resource"]}
    assert allowed == {f"arn:aws:s3:::{bucket(objects)}", f"arn:aws:s3:::{bucket(objects)}/*"}


def test_mlflow_is_not_root_there(objects) -> None:
    (server,) = named(objects, "Deployment", "mlflow")["spec"]["template"]["spec"]["containers"]
    assert "minio" not in {one["valueFrom"]["secretKeyRef"]["name"] for one in _secret(server)}


def test_the_script_is_one(objects, tmp_path) -> None:
    for name, text in setup(objects).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    subprocess.run(["bash", "-n", tmp_path / "setup.sh"], check=True)


def _job(objects: list[Object]) -> dict[str, Any]:
    return named(objects, "Job", "minio-setup")["spec"]["template"]["spec"]


def _secret(container: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in container["env"] if "secretKeyRef" in one.get("valueFrom", {})]
