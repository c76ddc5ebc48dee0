import re
import subprocess
from pathlib import Path

import pytest

from components.local import revision


def test_the_revision_is_the_commit_and_tells_of_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "REPOSITORY", tmp_path)
    assert revision.git_revision() == ""

    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "--quiet"], [*identity, "commit", "--quiet", "--allow-empty", "--message=first"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    commit = revision.git_revision()
    assert re.fullmatch("[0-9a-f]{40}", commit)

    (tmp_path / "file").touch()
    assert revision.git_revision() == f"{commit}+changes"


@pytest.mark.parametrize(
    ("remote", "shown"),
    [
        ("https://github.com/someone/lesions.git", "https://github.com/someone/lesions.git"),
        ("https://someone:secret@github.com/someone/lesions", "https://github.com/someone/lesions"),
        ("ssh://git@example.org:22/lesions", "ssh://example.org:22/lesions"),
        ("git@github.com:someone/lesions.git", "git@github.com:someone/lesions.git"),
        ("/somewhere/lesions", ""),
        ("file:///somewhere/lesions", ""),
    ],
)
def test_the_source_is_told_without_passwords_and_never_a_folder(remote: str, shown: str) -> None:
    assert revision.public_address(remote) == shown


def test_the_source_is_that_of_the_remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revision, "REPOSITORY", tmp_path)
    assert revision.git_source() == ""
    for command in (["init", "--quiet"], ["remote", "add", "origin", "https://a:b@example.org/lesions"]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    assert revision.git_source() == "https://example.org/lesions"


def test_the_version_is_the_projects() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", revision.project_version())
