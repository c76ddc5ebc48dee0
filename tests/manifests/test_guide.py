"""The operator's guide names what there is."""

import re

from components.plan.placing import place
from components.plan.pools import POOLS, read_pools
from components.plan.presets import PAPER
from tests.manifests.rendering import GPU, MANIFESTS, OVERLAYS

GUIDE = (MANIFESTS / "README.md").read_text(encoding="utf-8")


def test_every_component_and_overlay_is_told_of() -> None:
    components = {folder.name for folder in (MANIFESTS / "components").iterdir()}
    assert [name for name in components if not re.search(rf"`(components/)?{name}`", GUIDE)] == []
    assert {folder.name for folder in (MANIFESTS / "overlays").iterdir()} == set(OVERLAYS)


def test_every_file_that_is_named_is_there() -> None:
    named = set(re.findall(r"(?<![\w/])(?:manifests/)?((?:overlays|components)/[\w./-]*\w)", GUIDE))
    assert f"overlays/{GPU}" in named
    assert sorted(path for path in named if not (MANIFESTS / path).exists()) == []


def test_the_pools_of_ones_own_are_found_by_the_labels_and_taints_that_the_guide_gives() -> None:
    pools = read_pools(MANIFESTS / "overlays/onprem/pools.yaml")
    own = [pool for name, pool in pools.items() if pool != POOLS.get(name)]
    assert own
    for pool in own:
        assert all(f"{key}={value}" in GUIDE for key, value in pool.labels.items())
        assert all(f"kubectl taint node NODE {key}=" in GUIDE for key in pool.taints)
        place(PAPER, [pool.name], pools)
