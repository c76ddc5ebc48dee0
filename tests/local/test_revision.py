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
