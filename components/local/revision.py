"""What the code is: its commit, where it comes from and its version, for the records of models and images."""

import re
import subprocess
import tomllib

from components.local.images import REPOSITORY

# An address that others can follow, not a folder of this machine. What stands before an @ may be a password.
_ADDRESS = re.compile(r"(https://|ssh://)(?:[^@/]*@)?(.+)|(git@[^:]+:.+)")


def git_revision() -> str:
    """The commit's hash, followed by `+changes` where the working tree differs from it; empty where git cannot tell."""
    try:
        commit = _git("rev-parse", "HEAD")
        return f"{commit}+changes" if _git("status", "--porcelain") else commit
    except (OSError, subprocess.CalledProcessError):
        return ""


def git_source() -> str:
    """The address of the remote `origin`, without user or password; empty where there is none, or it is a folder."""
    try:
        return public_address(_git("remote", "get-url", "origin"))
    except (OSError, subprocess.CalledProcessError):
        return ""


def public_address(remote: str) -> str:
    """A remote's address as it may be shown; empty for a folder."""
    match = _ADDRESS.fullmatch(remote)
    return "".join(part for part in match.groups() if part) if match else ""


def project_version() -> str:
    """As pyproject.toml has it."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def _git(*arguments: str) -> str:
    command = ["git", "-C", str(REPOSITORY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
