"""What the images hold, whom they run as, and what a rebuild changes."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from components.local.building import image_names, labels
from components.local.engine import Engine
from components.local.images import REPOSITORY
from components.local.isolation import LOCKED
from tests.containers.conftest import build_images

pytestmark = [pytest.mark.containers, pytest.mark.timeout(3600)]

IMAGES = image_names()

# Looks through the whole file system as root. Caches and lists are files that nobody needs at run time.
SEARCH = """
import json, os, pathlib
tools = {"cc", "gcc", "g++", "c++", "clang", "ld", "as", "make", "cmake", "rustc", "cargo", "nvcc", "git"}
folders = os.environ["PATH"].split(":")
caches = ["/root/.cache", "/tmp", "/var/tmp", "/run/secrets", "/var/cache/apt/archives", "/var/lib/apt/lists"]
files = lambda folder: [str(path) for path in pathlib.Path(folder).rglob("*") if path.is_file()]
print(json.dumps({
    "tools": sorted(name for name in tools for folder in folders if os.path.exists(f"{folder}/{name}")),
    "caches": [path for folder in caches for path in files(folder) if not path.endswith("/lock")],
    "pip": files("/venv/lib/python3.11/site-packages/pip") + [path for path in files("/etc") if "pip.conf" in path],
    "code": sorted(str(path.relative_to("/app")) for path in pathlib.Path("/app").rglob("*") if path.is_file()),
}))
"""


def run(engine: Engine, image: str, command: list[str], **options: Any) -> str:
    """What a container of an image, locked in and without a network, prints."""
    program, *arguments = command
    options = {**LOCKED, "network_mode": "none", "entrypoint": program, **options}
    container = engine.client.containers.run(image, arguments, detach=True, **options)
    try:
        # Not the stream of what it prints: podman 4.3 at times never ends it.
        status, said = container.wait()["StatusCode"], container.logs(stdout=True, stderr=False).decode()
        assert status == 0, container.logs().decode()
        return said
    finally:
        container.remove(force=True)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_says_where_it_comes_from(engine: Engine, images: dict[str, str], image: str) -> None:
    held = engine.client.images.get(images[image]).labels
    prefix = "org.opencontainers.image"
    assert held[f"{prefix}.title"] == f"skin-lesion/{image}"
    now = labels()
    assert (held[f"{prefix}.source"], held[f"{prefix}.version"]) == (now["SOURCE"], now["VERSION"])
    # An image that was there is not built anew while its source stays the same: it tells the commit it was built from.
    assert (revision := held[f"{prefix}.revision"]) == now["REVISION"] or is_of_an_earlier_commit(revision)


def is_of_an_earlier_commit(revision: str) -> bool:
    command = ["git", "-C", str(REPOSITORY), "merge-base", "--is-ancestor", revision.removesuffix("+changes"), "HEAD"]
    return subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_as_a_plain_user_on_a_root_that_is_read_only(
    engine: Engine, images: dict[str, str], image: str
) -> None:
    assert run(engine, images[image], ["id", "-u"]) == "10001\n"
    said = run(engine, images[image], ["python", "-m", f"components.{image}", "--help"])
    assert said.startswith(f"usage: python -m components.{image}")


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_also_runs_as_a_user_that_it_does_not_know(engine: Engine, images: dict[str, str], image: str) -> None:
    # MLflow and matplotlib ask for the name of the user and for a place to write to.
    ask = "import getpass, pathlib; (pathlib.Path.home() / 'file').touch(); print(getpass.getuser())"
    assert run(engine, images[image], ["python", "-c", ask], user="4321:4321") == "stage\n"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_holds_no_compiler_no_cache_and_no_other_code(
    engine: Engine, images: dict[str, str], image: str
) -> None:
    # Without a /tmp of its own, to see what the image has there.
    found = json.loads(run(engine, images[image], ["python", "-c", SEARCH], user="0:0", tmpfs={}))
    code = found.pop("code")
    assert found == {"tools": [], "caches": [], "pip": []}
    assert {Path(file).parts[:2] for file in code} == {
        ("components", "__init__.py"),
        ("components", "common"),
        ("components", image),
    }


@pytest.fixture
def working_tree(tmp_path: Path) -> Path:
    """A copy of all that a build reads, which may be changed."""
    for name in ("components", "images"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    for name in (".dockerignore", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    return tmp_path


def layers(engine: Engine, image: str) -> list[str]:
    return engine.client.images.get(image).attrs["RootFS"]["Layers"]


def test_after_a_change_of_the_code_only_the_last_layer_is_another(
    engine: Engine, images: dict[str, str], build_options: list[str], working_tree: Path
) -> None:
    module = working_tree / "components/ingest/card.py"
    module.write_text(module.read_text() + "# changed\n")
    done = build_images("ingest", "--tag", "changed", *build_options, repository=working_tree)
    assert done.returncode == 0, done.stdout
    changed = "localhost/skin-lesion/ingest:changed"
    try:
        before, after = layers(engine, images["ingest"]), layers(engine, changed)
    finally:
        engine.client.images.remove(changed, force=True)
    assert before[:-1] == after[:-1]
    assert before[-1] != after[-1]


def test_code_that_does_not_start_gives_no_image(
    engine: Engine, images: dict[str, str], build_options: list[str], working_tree: Path
) -> None:
    (working_tree / "components/ingest/__main__.py").write_text("import nothing_of_that_name\n")
    done = build_images("ingest", "--tag", "broken", *build_options, repository=working_tree)
    assert done.returncode == 1
    assert "No module named 'nothing_of_that_name'" in done.stdout
    assert "EngineError: ingest cannot be built" in done.stdout
    assert engine.client.images.list("localhost/skin-lesion/ingest:broken") == []


def test_the_sizes_of_all_images_are_told(built: str) -> None:
    rows = [line.split("|")[1].strip() for line in built.splitlines() if line.startswith("| ")]
    assert rows == ["image", *IMAGES]
