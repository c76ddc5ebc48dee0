"""Where a training keeps its state, so that one that was killed goes on from there.

    <workspace>/train/<key>/<what>/00000120.state    the state after 120 steps (or trials)
    <workspace>/train/<key>/used                     when the key was last worked with, in seconds since 1970

A finished training leaves its state too: KFP uploads a stage's outputs after its process has ended, and a pod that goes
away meanwhile starts it again; and a scheduled retraining on the same data has nothing to train. What has not been
worked with for a hundred days, a quarter and more, is removed by the next training.

A state file is one line of JSON (the SHA-256 of all that follows), then a NumPy archive. It is written whole or not at
all; should the store break that promise, the checksum tells, and the state before it is used: two are kept.
"""

import hashlib
import io
import json
import logging
import time
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from components.common.errors import DataError, StorageDownError, StorageError
from components.common.storage import open_store
from components.common.store import Store

log = logging.getLogger(__name__)

_ROOT = "train"
_USED = "used"
_SUFFIX = ".state"
_KEPT = 2
# A quarterly schedule still finds the states of the quarter before.
_SECONDS_KEPT = 100 * 24 * 3600.0


@dataclass(frozen=True)
class State:
    """What is needed to go on."""

    serial: int
    """Grows with progress: steps of a training, or trials of a search."""
    values: Any
    """Whatever JSON can hold."""
    arrays: Sequence[np.ndarray] = ()


class Checkpoints:
    """The states of the trainings of one key.

    Args:
        uri: folder (made if need be) or gs://bucket/prefix that outlives the process.
        key: stands for all that determines the result, see `fingerprint.training_key`.

    Raises:
        StorageError: the place cannot be opened or written.
    """

    def __init__(self, uri: str, key: str) -> None:
        self.uri, self.key = uri, key
        self._store: Store = open_store(uri, create=True)
        # A place that cannot be written is better refused now than after the first epoch.
        self._store.write(f"{self._folder}/{_USED}", str(time.time()).encode())

    def save(self, what: str, state: State) -> bool:
        """Keep a state of `what`, and the one before it. Where the store fails the training goes on without.

        Args:
            what: name of the training, such as "trial-003".
            state: with a serial at least that of the states before it.

        Returns:
            Whether it is kept.
        """
        try:
            self._store.write(self._name(what, state.serial), pack(state))
            for serial in self._serials(what)[:-_KEPT]:
                self._store.remove(self._name(what, serial))
        except StorageError as error:
            log.warning("the state of %s was not kept, a kill now would cost more than an epoch: %s", what, error)
            if isinstance(error, StorageDownError):
                self._reopen()
            return False
        return True

    def load(self, what: str) -> State | None:
        """The newest whole state of `what`, or None.

        Raises:
            StorageError: the place cannot be read: to begin anew because of that would throw away what is there.
        """
        for serial in reversed(self._serials(what)):
            name = self._name(what, serial)
            try:
                return unpack(self._store.read(name))
            except DataError as error:
                log.warning("the state %s in %s is of no use, the one before it is taken: %s", name, self.uri, error)
        return None

    def remove(self, what: str) -> None:
        """Forget `what`; where that fails its states stay, which costs room and nothing else."""
        try:
            self._store.remove(f"{self._folder}/{what}")
        except StorageError as error:
            log.warning("the states of %s are no longer needed and stay: %s", what, error)

    def _reopen(self) -> None:
        """A store that has failed several times in a row refuses all; by the next epoch it may be well again."""
        with suppress(StorageError):
            self._store = open_store(self.uri, create=True)

    def remove_stale(self) -> None:
        """Remove the states of keys that have not been worked with for so long; where that fails they stay."""
        try:
            keys = [name for name in self._store.names(_ROOT) if PurePosixPath(name).name == _USED]
            for name in keys:
                if time.time() - float(self._store.read(name)) > _SECONDS_KEPT:
                    self._store.remove(str(PurePosixPath(name).parent))
        except (StorageError, ValueError) as error:
            log.warning("old states in %s stay: %s", self.uri, error)

    @property
    def _folder(self) -> str:
        return f"{_ROOT}/{self.key}"

    def _name(self, what: str, serial: int) -> str:
        return f"{self._folder}/{what}/{serial:08d}{_SUFFIX}"

    def _serials(self, what: str) -> list[int]:
        names = (PurePosixPath(name) for name in self._store.names(f"{self._folder}/{what}"))
        return sorted(int(name.stem) for name in names if name.suffix == _SUFFIX and name.stem.isdecimal())


def pack(state: State) -> bytes:
    """A state as the bytes of its file."""
    values = json.dumps({"serial": state.serial, "values": state.values}).encode()
    buffer = io.BytesIO()
    np.savez(buffer, np.frombuffer(values, np.uint8), *state.arrays)
    body = buffer.getbuffer()
    return b"".join((json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode(), b"\n", body))


def unpack(data: bytes) -> State:
    """The state of a file.

    Raises:
        DataError: the file is truncated or damaged.
    """
    head, _, body = data.partition(b"\n")
    try:
        expected = json.loads(head)["sha256"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError("it does not begin like a state") from error
    if hashlib.sha256(body).hexdigest() != expected:
        raise DataError("it does not fit its checksum")
    try:
        with np.load(io.BytesIO(body), allow_pickle=False) as archive:
            packed, *arrays = (archive[f"arr_{number}"] for number in range(len(archive.files)))
    except (ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"its archive cannot be read: {error}") from error
    parsed = json.loads(packed.tobytes())
    return State(parsed["serial"], parsed["values"], arrays)
