"""Names of the stages' images; the tag is a fingerprint of the source, so no stale image or cache entry is used."""

import hashlib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

DEFAULT_REGISTRY = "localhost/skin-lesion"


def source_image(stage: str, registry: str = DEFAULT_REGISTRY, tag: str | None = None) -> str:
    """Image of a stage; its tag is the stage's fingerprint unless one is given."""
    return f"{registry}/{stage}:{tag or fingerprint(stage)}"


def stage_of(image: str) -> str:
    """The stage that an image of `source_image` is of."""
    return image.rpartition("/")[2].partition(":")[0]


def fingerprint(stage: str) -> str:
    """First twelve hexadecimal digits of a SHA-256 over all that goes into the stage's image and all that builds it."""
    digest = hashlib.sha256()
    folders = (f"components/{stage}", "components/common", f"images/{stage}")
    files = [REPOSITORY / "components/__init__.py"]
    for folder in folders:
        files += sorted(path for path in (REPOSITORY / folder).rglob("*") if path.is_file() and not _left_out(path))
    for file in files:
        digest.update(file.relative_to(REPOSITORY).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def _left_out(path: Path) -> bool:
    """What `.dockerignore` keeps out: of these, KFP's cache sees the command and the arguments itself."""
    return path.suffix in (".pyc", ".md") or path.name == "component.py"
