"""The operator's guide names what there is."""

import re

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
