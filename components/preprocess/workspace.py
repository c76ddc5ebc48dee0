"""A place that outlives the stage and keeps its finished shards, so that a stage that was killed goes on from there.

    <workspace>/shards/<key>/<crop>/<split>-00000-of-00004.tfrecord    the records
    <workspace>/shards/<key>/outcomes/<split>-00000-of-00004.json      what came of them; written last

The key decides the bytes: whoever makes a shard of one key makes the same, so several may work on one key at once. For
that, a shard with an image that the storage did not give is not kept: the next one to try may get it.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from components.common.bucket import GCS_SCHEME
from components.common.errors import DataError, StorageDownError, StorageError
from components.common.files import link_or_copy, remove_folder, sha256, whole
from components.common.progress import track
from components.common.storage import open_store
from components.common.store import Store
from components.preprocess.shards import UNREADABLE, Fault, MadeShard, Sample, Shard

log = logging.getLogger(__name__)

_ATTEMPTS = 10

T = TypeVar("T")


@dataclass(frozen=True)
class Workspace:
    """The finished shards of one key."""

    uri: str
    """Folder, or gs://bucket/prefix."""
    key: str

    def finished(self) -> set[str]:
        """Names of the shards whose outcome is there.

        Raises:
            StorageError: the place cannot be listed.
        """
        names = _unless_removed(lambda: _store(self.uri).names(f"{self._folder}/outcomes"))
        return {PurePosixPath(name).stem for name in names}

    def take_all(self, shards: Sequence[Shard], threads: int) -> list[MadeShard]:
        """Take the shards that are there, several at a time: reading and hashing let go of the interpreter's lock.

        Raises:
            StorageError: the place cannot be listed.
            StorageDownError: the place does not answer at all.
        """
        finished = self.finished()
        there = [shard for shard in shards if shard.name in finished]
        if not there:
            return []
        with ThreadPoolExecutor(threads) as pool:
            results = track(pool.map(self.take, there), "finished shards", len(there))
            return [made for made in results if made]

    def take(self, shard: Shard) -> MadeShard | None:
        """Put a finished shard where its records go, and check it; None if it is absent or damaged.

        Raises:
            StorageDownError: the place does not answer at all.
        """
        try:
            outcome = _checked_outcome(_store(self.uri).read(self._outcome(shard)))
            made = _made(shard, outcome)
            for crop in shard.crops:
                self._fetch(shard, crop)
                _check_file(shard.path(crop), outcome["files"][str(crop)])
        except StorageDownError:
            raise
        except (StorageError, DataError, KeyError, TypeError, ValueError) as error:
            log.warning("the finished shard %s in %s is of no use and is made again: %s", shard.name, self.uri, error)
            return None
        return made

    def keep(self, shard: Shard, made: MadeShard) -> None:
        """Put a shard here, unless the storage failed to give one of its images.

        Raises:
            StorageError: the place cannot be written.
        """
        if not any(fault.reason == UNREADABLE for fault in made.faults):
            _unless_removed(lambda: self._put(shard, made))

    def clear(self) -> None:
        """Remove all that is kept; where that fails it stays, which costs room and nothing else."""
        try:
            if self.uri.startswith(GCS_SCHEME):
                # The outcomes first: a shard with an outcome and without records would be taken for damaged.
                for folder in (f"{self._folder}/outcomes", self._folder):
                    _store(self.uri).remove(folder)
            else:
                remove_folder(Path(self.uri, self._folder))
        except StorageError as error:
            log.warning("the finished shards in %s/%s are no longer needed and stay: %s", self.uri, self._folder, error)

    @property
    def _folder(self) -> str:
        return f"shards/{self.key}"

    def _outcome(self, shard: Shard) -> str:
        return f"{self._folder}/outcomes/{shard.name}.json"

    def _records(self, shard: Shard, crop: int) -> str:
        return f"{self._folder}/{crop}/{shard.name}"

    def _fetch(self, shard: Shard, crop: int) -> None:
        name = self._records(shard, crop)
        if self.uri.startswith(GCS_SCHEME):
            with whole(shard.path(crop)) as beside:
                beside.write_bytes(_store(self.uri).read(name))
        else:
            link_or_copy(Path(self.uri, name), shard.path(crop))

    def _put(self, shard: Shard, made: MadeShard) -> None:
        for crop in shard.crops:
            name = self._records(shard, crop)
            if self.uri.startswith(GCS_SCHEME):
                _store(self.uri).write(name, shard.path(crop).read_bytes())
            else:
                link_or_copy(shard.path(crop), Path(self.uri, name))
        _store(self.uri).write(self._outcome(shard), _outcome_file(shard, made))


def open_workspace(uri: str, key: str) -> Workspace | None:
    """Open a folder (made if need be) or gs://bucket/prefix; None if `uri` is empty.

    Raises:
        StorageError: it cannot be opened, or the folder cannot be written.
    """
    if not uri:
        return None
    _store(uri)
    return Workspace(uri, key)


@cache
def _store(uri: str) -> Store:
    """Opened once in a process."""
    return open_store(uri, create=True)


def _unless_removed(call: Callable[[], T]) -> T:
    """Call; and again where a folder vanished meanwhile, since another run that has ended well removes the key's."""
    for _ in range(_ATTEMPTS):
        try:
            return call()
        except StorageError as error:
            # `mkdir` says of a folder that goes while it looks that it exists.
            if not isinstance(error.__cause__, (FileNotFoundError, FileExistsError)):
                raise
    return call()


def _outcome_file(shard: Shard, made: MadeShard) -> bytes:
    paths = {crop: shard.path(crop) for crop in shard.crops}
    outcome = {
        "files": {str(crop): {"bytes": made.bytes[crop], "sha256": sha256(path)} for crop, path in paths.items()},
        "samples": [[sample.item.image_id, float(sample.trimmed)] for sample in made.samples],
        "faults": [[fault.item.image_id, fault.reason, fault.detail] for fault in made.faults],
    }
    return json.dumps({"outcome": outcome, "sha256": _digest(outcome)}).encode()


def _checked_outcome(content: bytes) -> dict[str, Any]:
    parsed = json.loads(content)
    outcome: dict[str, Any] = parsed["outcome"]
    if parsed["sha256"] != _digest(outcome):
        raise DataError("its outcome does not fit its checksum")
    return outcome


def _digest(outcome: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(outcome, sort_keys=True).encode()).hexdigest()


def _made(shard: Shard, outcome: dict[str, Any]) -> MadeShard:
    items = {item.image_id: item for item in shard.items}
    return MadeShard(
        split=shard.split,
        index=shard.index,
        samples=[Sample(items[image_id], shard.split, trimmed) for image_id, trimmed in outcome["samples"]],
        faults=[Fault(items[image_id], reason, detail) for image_id, reason, detail in outcome["faults"]],
        bytes={crop: outcome["files"][str(crop)]["bytes"] for crop in shard.crops},
    )


def _check_file(path: Path, expected: dict[str, Any]) -> None:
    found = {"bytes": path.stat().st_size, "sha256": sha256(path)}
    if found != expected:
        raise DataError(f"{path.parent.name}/{path.name} should be {expected}, and is {found}")
