"""What the commands for Google Cloud make is what the manifests and the presets use."""

import os
import re
import shlex
import subprocess

import pytest

from components.plan.pools import POOLS, Pool
from components.plan.presets import PRESETS
from tests.manifests.quantities import quantity
from tests.manifests.rendering import MANIFESTS, NAMESPACE, named

SCRIPT = MANIFESTS / "overlays/gke/cluster.sh"

# Cores and GiB of the machines, and how much of them is left to pods, roughly.
# https://cloud.google.com/compute/docs/machine-resource
MACHINES = {
    "n2-standard-32": (32, 128),
    "g2-standard-12": (12, 48), "g2-standard-24": (24, 96), "g2-standard-48": (48, 192),
    "a2-highgpu-1g": (12, 85), "a2-highgpu-2g": (24, 170), "a2-highgpu-4g": (48, 340),
}  # fmt: skip
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


def of_gpus(pools: dict[str, dict[str, str]], wanted: Pool) -> dict[int, dict[str, str]]:
    """The node pools that `--pool` means first, by the GPUs of a machine."""
    found = {}
    for told in pools.values():
        gpu = re.search(r"type=([^,]+),count=(\d+)", told.get("accelerator", ""))
        if gpu and gpu[1] in wanted.labels.values() and ("spot" in told) == wanted.spot:
            found[int(gpu[2])] = told
    return found


@pytest.mark.parametrize("wanted", POOLS.values(), ids=POOLS)
def test_what_a_training_may_ask_for_is_there(pools, wanted: Pool) -> None:
    made = of_gpus(pools, wanted)
    assert set(wanted.labels) == {"cloud.google.com/gke-accelerator"}
    assert list(made) == [1, 2, 4]
    assert max(made) == wanted.most_gpus
    for gpus, told in made.items():
        cores, gibibytes = MACHINES[told["machine-type"]]
        assert cores == gpus * wanted.cpus
        assert LEFT * gibibytes <= gpus * wanted.memory <= gibibytes


@pytest.mark.parametrize("wanted", POOLS.values(), ids=POOLS)
def test_a_training_tolerates_exactly_the_taints_of_its_nodes(pools, wanted: Pool) -> None:
    tainted = {re.sub("=[^,]*", "", told["node-taints"]) for told in of_gpus(pools, wanted).values()}
    assert tainted == {",".join(wanted.taints)}


def test_every_pool_of_gpus_is_there_on_demand_and_as_spot(pools) -> None:
    on_demand = {name for name, told in pools.items() if "spot" not in told} - {"cpu"}
    assert set(pools) - on_demand - {"cpu"} == {f"{name}-spot" for name in on_demand}


def test_every_pool_begins_with_no_node(pools) -> None:
    assert {(told["num-nodes"], told["total-min-nodes"], told["enable-autoscaling"]) for told in pools.values()} == {
        ("0", "0", "")
    }


def test_the_taints_keep_others_off(pools) -> None:
    gpu, spot = "nvidia.com/gpu=present:NoSchedule", "cloud.google.com/gke-spot=true:NoSchedule"
    taints = {("spot" in told, told["node-taints"]) for name, told in pools.items() if name != "cpu"}
    assert taints == {(False, gpu), (True, f"{gpu},{spot}")}


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
