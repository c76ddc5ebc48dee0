"""What a build needs of this machine: a base, also where no image registry is reached, and the way to the packages."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from docker.errors import APIError, ImageNotFound

from components.local.engine import Engine

BASE = "docker.io/library/python:3.11-slim-bookworm"
"""As the Dockerfiles have it."""

STAND_IN = "localhost/skin-lesion-base:bookworm"
"""The same release of Debian, and its own Python 3.11."""

_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_PACKAGES = "python3,python3-pip,python3-venv,ca-certificates"
_PIP = (sys.executable, "-m", "pip")
# What apt and debootstrap leave, and no image should hold.
_LEFT_OUT = ("var/cache/apt/archives/*.deb", "var/cache/apt/*.bin", "var/lib/apt/lists/*")


def base_image(engine: Engine) -> str:
    """The Dockerfiles' base; where no registry gives it, one made of Debian's packages, which takes a minute."""
    if _is_there(engine, BASE) or _is_pulled(engine, BASE):
        return BASE
    if not _is_there(engine, STAND_IN):
        _make_stand_in(engine)
    return STAND_IN


def build_arguments(folder: Path) -> list[str]:
    """Of `components.local.build_images`: pip's index here, if it is one of its own, and the certificates.

    Args:
        folder: to write a pip.conf into.
    """
    if not _CERTIFICATES.is_file():
        return []
    lines = ["[global]", f"cert = {_CERTIFICATES}"]
    if index := os.environ.get("PIP_INDEX_URL") or _output(*_PIP, "config", "get", "global.index-url", check=False):
        lines.append(f"index-url = {index}")
    file = folder / "pip.conf"
    file.write_text("\n".join(lines) + "\n")
    return ["--certificates", str(_CERTIFICATES), "--pip-conf", str(file)]


def _is_there(engine: Engine, name: str) -> bool:
    try:
        engine.client.images.get(name)
    except ImageNotFound:
        return False
    return True


def _is_pulled(engine: Engine, name: str) -> bool:
    try:
        engine.client.images.pull(name)
    except APIError:
        return False
    return True


def _make_stand_in(engine: Engine) -> None:
    mirror = _output("apt-get", "indextargets", "--format", "$(REPO_URI)", "Codename: bookworm", "Component: main")
    with TemporaryDirectory(prefix="base-") as root:
        options = ["--variant=minbase", f"--include={_PACKAGES}"]
        subprocess.run(
            ["debootstrap", *options, "bookworm", root, mirror.split()[0]], check=True, stdout=subprocess.DEVNULL
        )
        excluded = [f"--exclude=./{pattern}" for pattern in _LEFT_OUT]
        with subprocess.Popen(["tar", "-C", root, *excluded, "-c", "."], stdout=subprocess.PIPE) as tar:
            subprocess.run([engine.program, "import", "-", STAND_IN], stdin=tar.stdout, check=True)


def _output(*command: str, check: bool = True) -> str:
    return subprocess.run(command, check=check, capture_output=True, text=True).stdout.strip()
