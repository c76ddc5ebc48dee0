"""Pools become what Kubernetes' scheduler reads, and a file adds others."""

from pathlib import Path

import pytest
from kubernetes import client

from components.common.errors import SettingsError
from components.plan.pools import POOLS, Placement, read_pools

RACK = """
pools:
  - {name: rack, gpu: A100, labels: {nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}, taints: [nvidia.com/gpu],
     gpu_memory: 80, cpus: 16, memory: 120, most_gpus: 8}
"""


def accelerator_is(value: str) -> list[dict[str, object]]:
    return [{"key": "cloud.google.com/gke-accelerator", "operator": "In", "values": [value]}]


def test_a_pool_on_demand_is_required_by_its_label_and_tolerated_by_its_taint() -> None:
    placement = Placement(pool=POOLS["l4"])
    assert placement.affinity() == {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": accelerator_is("nvidia-l4")}]
        }
    }
    assert placement.tolerations() == [{"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}]


def test_a_spot_pool_prefers_spot_nodes_and_takes_those_on_demand_as_well() -> None:
    affinity = Placement(pool=POOLS["a100-spot"], gpus=2).affinity()
    assert affinity["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] == [
        {"matchExpressions": accelerator_is("nvidia-tesla-a100")}
    ]
    (preferred,) = affinity["preferredDuringSchedulingIgnoredDuringExecution"]
    assert preferred["preference"]["matchExpressions"] == [
        {"key": "cloud.google.com/gke-spot", "operator": "In", "values": ["true"]}
    ]
    keys = [one["key"] for one in Placement(pool=POOLS["a100-spot"]).tolerations()]
    assert keys == ["nvidia.com/gpu", "cloud.google.com/gke-spot"]


@pytest.mark.parametrize("name", POOLS)
def test_kubernetes_own_client_knows_every_field(name: str) -> None:
    placement = Placement(pool=POOLS[name])
    api = client.ApiClient()
    for kind, value in (("V1NodeAffinity", placement.affinity()), ("V1Toleration", placement.tolerations()[0])):
        read = api._ApiClient__deserialize(value, kind)
        assert api.sanitize_for_serialization(read) == value


def test_a_file_adds_pools_and_changes_those_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "pools.yaml").write_text(RACK + RACK.replace("pools:", "").replace("name: rack", "name: l4"))
    pools = read_pools(tmp_path / "pools.yaml")
    assert set(pools) == {*POOLS, "rack"}
    assert pools["l4"].labels == pools["rack"].labels == {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB"}
    assert pools["a100"] == POOLS["a100"]


@pytest.mark.parametrize(
    ("found", "instead", "problem"),
    [
        ("gpu_memory: 80", "gpu_memory: much", r"pools\.0\.gpu_memory: Input should be a valid number"),
        ("name: rack", "name: Rack 1", r"pools\.0\.name: String should match pattern"),
        ("cpus: 16, ", "", r"pools\.0\.cpus: Field required"),
        ("most_gpus: 8", "most_gpus: 8, price: 3", r"pools\.0\.price: Extra inputs are not permitted"),
        ("{nvidia.com/gpu.product: NVIDIA-A100-SXM4-80GB}", "{}", r"pools\.0\.labels: Dictionary should have at least"),
    ],
)
def test_a_wrong_pool_is_refused_with_its_field(tmp_path: Path, found: str, instead: str, problem: str) -> None:
    (tmp_path / "pools.yaml").write_text(RACK.replace(found, instead))
    with pytest.raises(SettingsError, match=r"pools\.yaml: " + problem):
        read_pools(tmp_path / "pools.yaml")
