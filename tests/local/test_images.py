"""The tag of an image changes with the stage's source, and with nothing else."""

import shutil
from pathlib import Path

import pytest

from components.local import images


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the source that may be changed."""
    for folder in ("components", "images"):
        shutil.copytree(images.REPOSITORY / folder, tmp_path / folder)
    monkeypatch.setattr(images, "REPOSITORY", tmp_path)
    return tmp_path


def test_a_change_of_a_stage_changes_its_tag_alone(repository: Path) -> None:
    before = {stage: images.fingerprint(stage) for stage in ("ingest", "train")}
    file = repository / "components/train/schedule.py"
    file.write_text(file.read_text() + "# changed\n")
    assert images.fingerprint("ingest") == before["ingest"]
    assert images.fingerprint("train") != before["train"]


@pytest.mark.parametrize("file", ["components/common/taxonomy.py", "images/train/requirements.txt"])
def test_a_change_of_what_a_stage_stands_on_changes_its_tag(repository: Path, file: str) -> None:
    before = images.fingerprint("train")
    (repository / file).write_text((repository / file).read_text() + "# changed\n")
    assert images.fingerprint("train") != before


def test_compiled_python_does_not_matter(repository: Path) -> None:
    before = images.fingerprint("train")
    (repository / "components/train/__pycache__").mkdir(exist_ok=True)
    (repository / "components/train/__pycache__/new.cpython-311.pyc").write_bytes(b"x")
    assert images.fingerprint("train") == before


def test_registry_and_tag_can_be_given() -> None:
    assert images.source_image("train", "registry.example/lesions", "v1") == "registry.example/lesions/train:v1"
    assert images.source_image("train") == f"localhost/skin-lesion/train:{images.fingerprint('train')}"


@pytest.mark.parametrize("file", ["components/train/README.md", "components/train/component.py"])
def test_what_stays_out_of_the_image_does_not_matter(repository: Path, file: str) -> None:
    before = images.fingerprint("train")
    (repository / file).write_text((repository / file).read_text() + "# changed\n")
    assert images.fingerprint("train") == before
