"""What the commands for Google Cloud make is what the manifests and the presets use."""

import os
import re
import shlex
import subprocess

import pytest

from components.presets import PRESETS
from tests.manifests.quantities import quantity
from tests.manifests.rendering import MANIFESTS, NAMESPACE, named

SCRIPT = MANIFESTS / "overlays/gke/cluster.sh"

# Cores and GiB of the machines, and how much of them is left to pods, roughly.
# https://cloud.google.com/compute/docs/machine-resource
MACHINES = {"n2-standard-32": (32, 128)}
LEFT = 0.9


@pytest.fixture(scope="module")
def commands() -> list[list[str]]:
    """What the script would run where nothing is there yet."""
    environment = {**os.environ, "PROJECT": "project", "BUCKET": "bucket"}
    done = subprocess.run([SCRIPT, "--dry-run"], env=environment, capture_output=True, text=True, check=True)
    return [shlex.split(line) for line in done.stdout.splitlines()]


def flags(command: list[str]) -> dict[str, str]:
    return dict(re.fullmatch(r"--([^=]+)=?(.*)", word).groups() for word in command if word.startswith("--"))


@pytest.fixture(scope="module")
def pools(commands: list[list[str]]) -> dict[str, dict[str, str]]:
    made = [command for command in commands if command[:4] == ["gcloud", "container", "node-pools", "create"]]
    return {command[4]: flags(command) for command in made}


def test_every_pool_of_gpus_is_there_on_demand_and_as_spot(pools) -> None:
    assert set(pools) == {"cpu", "l4", "l4-spot", "a100", "a100-spot"}
    assert {name for name, told in pools.items() if "spot" in told} == {"l4-spot", "a100-spot"}


def test_every_pool_begins_with_no_node(pools) -> None:
    assert {(told["num-nodes"], told["total-min-nodes"], told["enable-autoscaling"]) for told in pools.values()} == {
        ("0", "0", "")
    }


def test_the_taints_keep_others_off(pools) -> None:
    gpu, spot = "nvidia.com/gpu=present:NoSchedule", "cloud.google.com/gke-spot=true:NoSchedule"
    for name in ("l4", "a100"):
        assert pools[name]["node-taints"] == gpu
        assert pools[f"{name}-spot"]["node-taints"] == f"{gpu},{spot}"


def test_the_accelerators_are_those_that_the_labels_name(pools) -> None:
    types = {name: re.search(r"type=([^,]+)", told["accelerator"])[1] for name, told in pools.items() if name != "cpu"}
    assert types == {
        "l4": "nvidia-l4", "l4-spot": "nvidia-l4", "a100": "nvidia-tesla-a100", "a100-spot": "nvidia-tesla-a100",
    }  # fmt: skip


def test_each_task_without_a_gpu_fits_on_a_machine(pools) -> None:
    cores, gibibytes = MACHINES[pools["cpu"]["machine-type"]]
    for resources in PRESETS["paper"].resources.values():
        assert quantity(resources.cpu) <= LEFT * cores
        assert quantity(resources.memory) <= LEFT * gibibytes * 2**30


def test_who_may_use_the_bucket_is_there(manifests, commands: list[list[str]]) -> None:
    accounts = [
        re.search(r"/subject/ns/([^/]+)/sa/([^/]+)$", flags(command)["member"]).groups()
        for command in commands
        if "add-iam-policy-binding" in command
    ]
    assert (NAMESPACE, "mlflow") in accounts
    for account in (name for space, name in accounts if space == NAMESPACE):
        assert named(manifests("gke"), "ServiceAccount", account)


def test_the_script_needs_a_project(tmp_path) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PROJECT", "BUCKET")}
    done = subprocess.run([SCRIPT, "--dry-run"], env=environment, capture_output=True, text=True)
    assert done.returncode != 0
    assert "PROJECT" in done.stderr
