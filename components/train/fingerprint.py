"""The key of a training: a fingerprint of all that determines its result."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from components.train.backbones import weights_version
from components.train.settings import TrainSettings

LIBRARIES: tuple[str, ...] = ("tensorflow", "keras", "keras-cv", "scikit-optimize", "scikit-learn", "numpy")

_COMPONENTS = Path(__file__).resolve().parents[1]
_SOURCES = ("train", "common")
# A change to a page is none to a result.
_PAGES = ("plots", "reports", "search_plots", "search_report", "report", "figures", "contact_sheet", "component")

# They change how fast the state comes, where it is kept, or what is made of it in the end, and not what it is.
_INCONSEQUENTIAL = ("workspace", "gpus", "test_time_flips")


def library_versions() -> dict[str, str]:
    """Versions of the libraries that shape a training, by name."""
    return {name: version(name) for name in LIBRARIES}


def training_key(settings: TrainSettings, records: str, *, code: str | None = None) -> str:
    """A name for the state of a training: another one wherever the result could be another.

    Args:
        settings: of the training.
        records: fingerprint of the records.
        code: fingerprint of the source; by default that of this project's own.

    Returns:
        The member's name, for a person who looks into the workspace, and 20 hexadecimal digits.
    """
    consequential: Mapping[str, object] = {
        name: value for name, value in asdict(settings).items() if name not in _INCONSEQUENTIAL
    }
    parts = [
        consequential,
        weights_version(settings.backbone, settings.weights),
        records,
        library_versions(),
        source_fingerprint() if code is None else code,
    ]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{settings.member}-{digest[:20]}"


def source_fingerprint(folder: Path = _COMPONENTS) -> str:
    """SHA-256 over the Python files that a training runs."""
    digest = hashlib.sha256()
    files = (path for name in _SOURCES for path in (folder / name).glob("*.py"))
    for path in sorted(path for path in files if path.stem not in _PAGES):
        digest.update(f"{path.parent.name}/{path.name}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()
