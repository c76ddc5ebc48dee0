"""The secrets that an operator makes for an overlay."""

import subprocess

import yaml

from tests.manifests.rendering import MANIFESTS, Object

SCRIPT = MANIFESTS / "secrets.sh"


def secrets(overlay: str) -> list[Object]:
    """What the script prints for it."""
    done = subprocess.run([SCRIPT, overlay.removesuffix("-kserve")], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))
