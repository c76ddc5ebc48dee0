"""Where the served model comes from: the champion of an MLflow registry (mlflow_source.py), or a folder."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from components.common.files import read_json
from components.common.onnx_model import DESCRIPTION_FILE


@dataclass(frozen=True)
class Release:
    """One version of a model, not loaded yet."""

    name: str
    version: str
    mark: str
    """Differs from that of any other release, also of one that takes this version's place."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """How good it was on its test images; empty where that is not known."""


class Source(Protocol):
    """Where releases come from. Each method raises RegistryError or StorageError where it is down or has none."""

    def current(self) -> Release:
        """The release that is to be served now."""

    def fetch(self, release: Release, folder: Path) -> Path:
        """The folder of a release, as convert wrote it; put into `folder` if it has to be copied."""


class FolderSource:
    """A folder that convert wrote: served as it is, and anew when another takes its place.

    Args:
        folder: with `model.json` and `ensemble.onnx`.
        name: to serve it by.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name

    def current(self) -> Release:
        """See Source."""
        described = read_json(self._folder / DESCRIPTION_FILE)
        digest = str(described.get("sha256", "")) if isinstance(described, dict) else ""
        return Release(self._name, digest[:12] or "0", digest)

    def fetch(self, release: Release, folder: Path) -> Path:
        """See Source."""
        return self._folder
