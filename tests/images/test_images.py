"""Each image holds what its stage imports, locked, and no more."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.images.imports import ROOT, imported, providers, reachable, sources, third_party

IMAGES = sorted(folder.name for folder in (ROOT / "images").iterdir() if folder.is_dir() and folder.name != "dev")
PACKAGES = sorted(folder.name for folder in (ROOT / "components").iterdir() if (folder / "__init__.py").is_file())
STAGES = sorted(path.parent.name for path in (ROOT / "components").glob("*/component.py"))

# Extras whose packages go into an image besides the extra of the image's own name.
MORE_EXTRAS = {"train": ["cuda"]}

# Named by an extra and imported by nothing, and why.
NEVER_IMPORTED = {
    "httptools": "uvicorn reads HTTP with it",
    "pyarrow": "pandas reads and writes Parquet with it",
    "psycopg": "SQLAlchemy speaks to PostgreSQL with it",
    "python-multipart": "Starlette reads forms with it",
    "uvloop": "uvicorn's event loop",
}

# Imported inside a function that only a stage with the package can call, and why.
ON_DEMAND = {
    "matplotlib.rc_context": "Report.figure is given a matplotlib figure",
}

WITHOUT_TENSORFLOW = sorted(set(IMAGES) - {"train", "convert"})
TENSORFLOW = {"tensorflow", "keras", "keras-cv", "keras-core", "tf2onnx"}


@dataclass(frozen=True)
class Pin:
    """One package of a lock."""

    requirement: Requirement
    hashes: int
    direct: bool
    """Whether an extra names it, as the lock itself says."""

    @property
    def version(self) -> Version:
        (specifier,) = self.requirement.specifier
        assert specifier.operator == "=="
        return Version(specifier.version)


@cache
def lock(image: str) -> dict[str, Pin]:
    text = (ROOT / "images" / image / "requirements.txt").read_text(encoding="utf-8")
    pins: dict[str, Pin] = {}
    for entry in re.split(r"\n(?=\S)", text.strip()):
        requirement = Requirement(re.split(r"[ \\]*\n", entry)[0])
        hashes = len(re.findall(r"^ +--hash=sha256:[0-9a-f]{64}(?: \\)?$", entry, re.MULTILINE))
        pin, name = Pin(requirement, hashes, "(pyproject.toml)" in entry), canonicalize_name(requirement.name)
        # Of a package that is pinned for several Pythons, what counts is the pin for this one.
        if name not in pins or requirement.marker is None or requirement.marker.evaluate():
            pins[name] = pin
    return pins


@cache
def extras() -> dict[str, dict[str, Requirement]]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found = {name: [Requirement(line) for line in lines] for name, lines in project["optional-dependencies"].items()}
    return {name: {canonicalize_name(one.name): one for one in requirements} for name, requirements in found.items()}


def extra(image: str) -> dict[str, Requirement]:
    """What the extra of an image's own name asks for: what its stage imports."""
    return extras()[image]


def extras_of(image: str) -> list[dict[str, Requirement]]:
    """All extras that go into an image; a laptop's environment has all but the libraries for a GPU."""
    names = set(extras()) - {"cuda"} if image == "dev" else {image, *MORE_EXTRAS.get(image, [])}
    return [extras()[name] for name in sorted(names)]


def dockerfile(image: str) -> str:
    return (ROOT / "images" / image / "Dockerfile").read_text(encoding="utf-8")


def test_every_stage_has_its_image() -> None:
    assert set(STAGES) <= set(IMAGES)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_built_from_its_own_lock_and_its_own_code(image: str) -> None:
    copied = re.findall(r"^COPY (?!--from)(\S+) ", dockerfile(image), re.MULTILINE)
    code = ["components/__init__.py", "components/common", f"components/{image}"]
    assert copied == [f"images/{image}/requirements.txt", *code]


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_takes_its_base_as_an_argument_and_runs_as_a_plain_user(image: str) -> None:
    text = dockerfile(image)
    assert re.search(r"^ARG BASE=docker\.io/library/python:3\.11-slim-\w+$", text, re.MULTILINE)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"${BASE}", "runtime"}
    assert re.search(r"^USER [1-9]\d*:[1-9]\d*$", text, re.MULTILINE)


@pytest.mark.parametrize("image", STAGES)
def test_the_dockerfiles_of_the_stages_differ_in_the_name_alone(image: str) -> None:
    assert dockerfile(image) == dockerfile("ingest").replace("ingest", image)


@pytest.mark.parametrize("image", [*IMAGES, "dev"])
def test_a_lock_pins_every_package_with_hashes_and_names_no_index(image: str) -> None:
    text = (ROOT / "images" / image / "requirements.txt").read_text(encoding="utf-8")
    assert [name for name, pin in lock(image).items() if not pin.hashes] == []
    assert [line for line in text.splitlines() if line.startswith("-") or re.search(r":/|@ |index-url", line)] == []


@pytest.mark.parametrize("image", [*IMAGES, "dev"])
def test_a_lock_holds_what_its_extra_asks_for(image: str) -> None:
    pins = lock(image)
    for package, asked in (item for one in extras_of(image) for item in one.items()):
        assert package in pins, f"{asked} is not in the lock of {image}: run make lock"
        assert asked.specifier.contains(pins[package].version), f"{asked} is {pins[package].version}: run make lock"


@pytest.mark.parametrize("image", [*IMAGES, "dev"])
def test_a_lock_was_made_from_its_extra_as_it_is_now(image: str) -> None:
    asked = {package for one in extras_of(image) for package in one}
    assert {package for package, pin in lock(image).items() if pin.direct} == asked, "run make lock"


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_runs_the_versions_that_were_tested(image: str) -> None:
    tested = lock("dev")
    apart = {package: pin.version for package, pin in lock(image).items() if not package.startswith("nvidia-")}
    assert apart == {package: tested[package].version for package in apart}


@pytest.mark.parametrize("stage", IMAGES)
def test_a_stage_imports_no_package_that_its_extra_does_not_name(stage: str) -> None:
    imports = third_party(stage) - set(ON_DEMAND)
    missing = {name: sorted(providers(name)) for name in imports if not providers(name) & set(extra(stage))}
    assert missing == {}


@pytest.mark.parametrize("stage", IMAGES)
def test_an_extra_names_no_package_that_its_stage_does_not_import(stage: str) -> None:
    provided = {package for name in third_party(stage) - set(ON_DEMAND) for package in providers(name)}
    assert sorted(set(extra(stage)) - provided - set(NEVER_IMPORTED)) == []


@pytest.mark.parametrize("stage", IMAGES)
def test_a_stage_imports_no_other_stage(stage: str) -> None:
    names = {name for source in reachable(stage) for name in imported(source) if name.startswith("components.")}
    assert sorted(name for name in names if name.split(".")[1] not in {stage, "common"}) == []


@pytest.mark.parametrize("image", WITHOUT_TENSORFLOW)
def test_tensorflow_stays_out_of_the_images_that_do_not_compute_with_it(image: str) -> None:
    assert set(lock(image)).isdisjoint(TENSORFLOW)
    assert {name for name in third_party(image) if providers(name) & TENSORFLOW} == set()


@pytest.mark.parametrize("package", sorted(set(PACKAGES) - {"cluster", "local", "plan"}))
def test_kfp_is_imported_by_the_description_of_a_component_alone(package: str) -> None:
    names = {name for source in sources(package) for name in imported(source)}
    assert {name for name in names if name.startswith("kfp") or name.endswith(".component")} == set()


@pytest.mark.parametrize("image", IMAGES)
def test_kfp_is_in_no_image(image: str) -> None:
    assert [package for package in lock(image) if package.startswith("kfp")] == []
