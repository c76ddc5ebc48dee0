"""What the container of a stage may do: write its outputs and /tmp, and use the network only where its work is."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from components.ingest.fetch import entries
from components.local.engine import Engine
from components.local.images import stage_of
from components.local.parameters import KERAS_WEIGHTS

LOCKED: Mapping[str, Any] = {
    "read_only": True,
    # Caches that libraries want, and what stages hold for a moment; it is memory.
    "tmpfs": {"/tmp": "mode=1777"},
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
}
"""Options of Docker's API that every stage runs with."""

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True)
class User:
    """Whom containers run as: `options` for Docker's API, and the owner, on this machine, of what they write."""

    options: Mapping[str, str]
    uid: int
    gid: int


def container_user(engine: Engine, image: str) -> User:
    """The user who started the run, so that the outputs are theirs; if that is root, the plain user of the image.

    Args:
        engine: that runs the image.
        image: any of the stages': all name the same user.
    """
    uid, gid = os.geteuid(), os.getegid()
    if engine.rootless:
        # The engine has no more rights than who runs it. Docker's only place for that user is root of its namespace.
        keep = {"user": f"{uid}:{gid}", "userns_mode": "keep-id"}
        return User(keep if engine.program == "podman" else {"user": "0:0"}, uid, gid)
    if uid != 0:
        return User({"user": f"{uid}:{gid}"}, uid, gid)
    plain = engine.client.images.get(image).attrs["Config"]["User"]
    plain_uid, _, plain_gid = plain.partition(":")
    return User({"user": plain}, int(plain_uid), int(plain_gid))


def hand_over(places: Iterable[Path], user: User) -> None:
    """Give files and folders to the user of the containers; only root needs to, and can."""
    if os.geteuid() == 0:
        for place in places:
            os.chown(place, user.uid, user.gid, follow_symlinks=False)


def stage_options(image: str, values: Mapping[str, Any], user: User) -> dict[str, Any]:
    """Options of Docker's API for a stage.

    Args:
        image: of the stage.
        values: of the pipeline's parameters.
        user: whom it runs as.
    """
    return {**LOCKED, **user.options, **_network(_addresses(stage_of(image), values))}


def _addresses(stage: str, values: Mapping[str, Any]) -> list[str]:
    """What a stage works on that is not on this machine's disk."""
    workspace, weights = values["workspace"], values.get("weights", "")
    places = {
        "ingest": [*entries(values["data"]), workspace],
        "preprocess": [workspace],
        "train": [workspace, weights],
        "register": [values["registry"]],
    }.get(stage, [])
    return [place for place in places if _is_remote(place)]


def _is_remote(place: str) -> bool:
    return place == KERAS_WEIGHTS or ("://" in place and not place.startswith("sqlite://"))


def _network(addresses: list[str]) -> dict[str, str]:
    if not addresses:
        return {"network_mode": "none"}
    if any(urlsplit(address).hostname in _THIS_MACHINE for address in addresses):
        # A server on this machine: in a network of its own, a container's localhost would be another.
        return {"network_mode": "host"}
    return {}
