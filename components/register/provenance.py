"""Where a model comes from: the run, the code, the images, the settings, the data."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.common.errors import DataError, SettingsError
from components.common.files import read_json

_MANIFEST_FILE = "manifest.json"


@dataclass(frozen=True)
class Provenance:
    """Where a model comes from; what is not known is empty."""

    run_name: str
    """Of the pipeline run."""
    run_id: str
    revision: str
    """Commit of the repository, followed by `+changes` where the working tree differed from it."""
    images: Mapping[str, str]
    """The image of each stage. Its digest where it was given by one; else its tag, a fingerprint of its source."""
    settings: Mapping[str, str]
    """Of the pipeline: the preset's and the parameters."""
    model_uri: str
    """Where the pipeline keeps the folder of convert."""
    predictions_uri: str
    """Where it keeps the folder of evaluate."""
    data: Mapping[str, Any]
    """What ingest's `manifest.json` says: sources, licences, version, fingerprint, counts."""

    def tags(self) -> dict[str, str]:
        """What a version is looked up by; without what is not known."""
        known = {
            "pipeline_run": self.run_name,
            "pipeline_run_id": self.run_id,
            "git_revision": self.revision,
            "data_version": str(self.data.get("data_version", "")),
            "data_fingerprint": str(self.data["fingerprint"]),
            "images": json.dumps(dict(self.images)) if self.images else "",
        }
        return {name: value for name, value in known.items() if value}


def pairs(text: str, argument: str) -> dict[str, str]:
    """Read lines of the form `name=value`.

    Raises:
        SettingsError: a line has another form.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if wrong := [line for line in lines if "=" not in line]:
        raise SettingsError(f"{argument}: write a name=value on each line, not {wrong[0]!r}")
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def read_data(manifest: Path) -> dict[str, Any]:
    """Read what ingest says of the data.

    Args:
        manifest: the folder that it wrote.

    Raises:
        StorageError: `manifest.json` is absent or not JSON.
        DataError: it lacks what is needed.
    """
    data = read_json(manifest / _MANIFEST_FILE)
    held = data if isinstance(data, dict) else {}
    if lacking := [name for name in ("fingerprint", "counts", "licences") if name not in held]:
        raise DataError(f"{manifest / _MANIFEST_FILE} lacks {', '.join(lacking)}: run ingest again")
    return held
