"""The commit that the code is at, for the record of a model."""

import subprocess

from components.local.images import REPOSITORY


def git_revision() -> str:
    """The commit's hash, followed by `+changes` where the working tree differs from it; empty where git cannot tell."""
    try:
        commit = _git("rev-parse", "HEAD")
        return f"{commit}+changes" if _git("status", "--porcelain") else commit
    except (OSError, subprocess.CalledProcessError):
        return ""


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
