"""What the tests of containers share: an engine, and all images, built as a person builds them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from components.local.building import image_names
from components.local.engine import Engine, open_engine
from components.local.images import REPOSITORY, source_image
from tests.containers.machine import base_image, build_arguments

_SETTINGS = Path(__file__).with_name("containers.conf")


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """Docker, or podman with the tests' own settings."""
    with mock.patch.dict(os.environ, CONTAINERS_CONF=str(_SETTINGS)), open_engine() as engine:
        yield engine


@pytest.fixture(scope="session")
def build_options(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `build_images` has to be told on this machine."""
    return ["--base", base_image(engine), *build_arguments(tmp_path_factory.mktemp("build"))]


def build_images(*arguments: str, repository: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    """Run the command line of a working tree, which need not be this one."""
    command = [sys.executable, "-m", "components.local.build_images", *arguments]
    return subprocess.run(command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


@pytest.fixture(scope="session")
def built(engine: Engine, build_options: list[str]) -> str:
    """What building all images said."""
    done = build_images(*build_options)
    assert done.returncode == 0, done.stdout[-20_000:]
    return done.stdout


@pytest.fixture(scope="session")
def images(built: str) -> dict[str, str]:
    """The full name of each image."""
    return {image: source_image(image) for image in image_names()}
