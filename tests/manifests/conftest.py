"""Fixtures of the manifests' tests."""

from collections.abc import Callable

import pytest

from tests.manifests.rendering import KSERVE, MANIFESTS, Object, composed, render


@pytest.fixture(scope="session")
def manifests(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Object]]:
    """Gives the objects of an overlay by its name; they are rendered once, and not to be changed."""
    made: dict[str, list[Object]] = {}

    def objects(name: str) -> list[Object]:
        if name not in made:
            if name == KSERVE:
                made[name] = composed(tmp_path_factory.mktemp(name), "gke", "kserve")
            else:
                made[name] = render(MANIFESTS / "overlays" / name)
        return made[name]

    return objects
