"""Building the images, pushing them, and telling their sizes."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.common.errors import EngineError, SettingsError
from components.local.engine import Engine
from components.local.images import DEFAULT_REGISTRY, REPOSITORY, source_image
from components.local.revision import git_revision, git_source, project_version

SECRETS: tuple[str, ...] = ("pip.conf", "certificates")
"""Files of this machine that a build may read and that get into no image; the Dockerfiles say where."""


@dataclass(frozen=True)
class Options:
    """What a person says of a build."""

    registry: str = DEFAULT_REGISTRY
    tag: str | None = None
    """Of all images; None takes each one's fingerprint."""
    base: str | None = None
    """Image to build on; None takes what the Dockerfiles name."""
    secrets: Mapping[str, Path] = field(default_factory=dict)
    """Files for the builds, by their name in `SECRETS`."""

    def name_of(self, image: str) -> str:
        """The full name that an image gets."""
        return source_image(image, self.registry, self.tag)


@dataclass(frozen=True)
class Size:
    """Of an image, unpacked, in bytes."""

    whole: int
    code: int
    """Its last layer: all that changes with the code."""


def image_names() -> list[str]:
    """All images: each folder with a Dockerfile is one."""
    return sorted(path.parent.name for path in (REPOSITORY / "images").glob("*/Dockerfile"))


def check_names(names: Sequence[str]) -> list[str]:
    """The images named, or all.

    Raises:
        SettingsError: there is no such image.
    """
    known = image_names()
    if unknown := sorted(set(names) - set(known)):
        raise SettingsError(f"there is no image {', '.join(unknown)}: give some of {', '.join(known)}")
    return list(names) or known


def build(engine: Engine, image: str, options: Options) -> str:
    """Build one image, and give its full name; what it is built of, and of what commit, stands in its labels.

    Raises:
        EngineError: it cannot be built; why stands in the log above.
    """
    name = options.name_of(image)
    run_engine(build_command(engine.program, image, options, labels()), f"{image} cannot be built")
    return name


def build_command(program: str, image: str, options: Options, arguments: Mapping[str, str]) -> list[str]:
    """The command line that builds one image, in docker's words and podman's alike."""
    values = {**arguments, **({"BASE": options.base} if options.base else {})}
    given = [f"--build-arg={name}={value}" for name, value in values.items()]
    secrets = [f"--secret=id={name},src={file}" for name, file in options.secrets.items()]
    file = REPOSITORY / "images" / image / "Dockerfile"
    return [program, "build", f"--file={file}", f"--tag={options.name_of(image)}", *given, *secrets, str(REPOSITORY)]


def labels() -> dict[str, str]:
    """Build arguments that become labels."""
    return {"SOURCE": git_source(), "REVISION": git_revision(), "VERSION": project_version()}


def push(engine: Engine, name: str) -> None:
    """Bring one image to its registry, with the credentials of `docker login` or `podman login`.

    Raises:
        EngineError: the registry does not take it; why stands in the log above.
    """
    run_engine([engine.program, "push", name], f"{name} cannot be pushed")


def run_engine(command: Sequence[str], failure: str) -> None:
    """Run docker or podman; its output is the log.

    Raises:
        EngineError: it is not there, or it fails.
    """
    try:
        # Docker builds with BuildKit, which the mounts in the Dockerfiles need; older ones must be told.
        subprocess.run(command, check=True, env={**os.environ, "DOCKER_BUILDKIT": "1"})
    except FileNotFoundError as error:
        raise EngineError(f"{failure}: the command {command[0]} is not installed") from error
    except subprocess.CalledProcessError as error:
        raise EngineError(f"{failure}: {command[0]}'s message stands above") from error


def size(engine: Engine, name: str) -> Size:
    """Of an image that is there."""
    image = engine.client.images.get(name)
    layers: list[dict[str, Any]] = image.history()
    return Size(image.attrs["Size"], next(layer["Size"] for layer in layers if layer["Size"]))


def size_table(sizes: Mapping[str, Size]) -> str:
    """Markdown: a row for each image."""
    rows = [f"| {name} | {_megabytes(one.whole)} | {_megabytes(one.code)} |" for name, one in sizes.items()]
    return "\n".join(["| image | unpacked, MB | of that the last layer, the code |", "|---|---|---|", *rows])


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.2f}" if count < 1e7 else f"{count / 1e6:,.0f}"
