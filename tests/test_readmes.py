"""Every command of `pipeline.py` that a README gives is one that its command line takes."""

import re
import shlex
from pathlib import Path

import pytest

import pipeline
from components.local.images import REPOSITORY

READMES = [
    REPOSITORY / "README.md", *REPOSITORY.glob("components/*/README.md"), *REPOSITORY.glob("manifests/**/README.md"),
]  # fmt: skip


def commands(file: Path) -> list[str]:
    """Those in blocks, on one line each, without what is optional."""
    text = re.sub(r" \\\n +", " ", file.read_text(encoding="utf-8"))
    found = re.findall(r"^    python pipeline\.py (.+)$", text, re.MULTILINE)
    return [re.sub(r"\[[^]]*\]", "", command) for command in found]


GIVEN = [(file, command) for file in READMES for command in commands(file)]


@pytest.mark.parametrize(
    ("file", "command"), GIVEN, ids=[f"{file.relative_to(REPOSITORY)}: {command}" for file, command in GIVEN]
)
def test_a_command_that_is_given_is_taken(file: Path, command: str) -> None:
    arguments = pipeline._parser().parse_args(shlex.split(command, comments=True))
    assert callable(arguments.command)


def test_each_command_is_given_somewhere() -> None:
    words = {command.split()[0] for _, command in GIVEN}
    assert words >= {"compile", "run", "submit", "schedule", "runs", "metrics", "rollback", "cost"}
