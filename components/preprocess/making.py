"""Making many shards: in several processes, with progress, and only as long as few enough images are broken."""

import logging
from collections.abc import Callable, Iterator, Sequence

from components.common.errors import DataError
from components.common.progress import track
from components.preprocess.pool import completed
from components.preprocess.shards import Fault, MadeShard, Sample, Shard, make_shard
from components.preprocess.workspace import Workspace

log = logging.getLogger(__name__)


class Tolerance:
    """Logs the images that are left out, and ends the run when they are too many."""

    def __init__(self, images: int, maximum_share: float) -> None:
        self._images, self._maximum_share = images, maximum_share
        self._broken = 0

    def check(self, faults: Sequence[Fault]) -> None:
        """Count some more of them.

        Raises:
            DataError: they are more than the share, or all images.
        """
        for fault in faults:
            log.warning("left out %s (%s): %s", fault.item.path, fault.reason, fault.detail)
        self._broken += len(faults)
        if self._broken > self._maximum_share * self._images or self._broken == self._images:
            raise DataError(
                f"{self._broken} of {self._images} images are broken so far (tolerated: {self._maximum_share:.1%}), "
                f"the last one is {faults[-1].item.path}: {faults[-1].detail}; mend the data, or raise "
                "maximum_quarantine_share"
            )


def make_all(
    work: Callable[[Shard], MadeShard], shards: Sequence[Shard], processes: int, tolerance: Tolerance
) -> list[MadeShard]:
    """Give each shard to `work`, which makes it, in one of several processes; the results come in any order.

    Raises:
        DataError: the tolerance is used up.
        StorageError: as `work` raises it.
        PipelineError: a process was killed.
    """
    made: list[MadeShard] = []

    def images() -> Iterator[Sample | Fault]:
        for result in completed(work, shards, processes):
            tolerance.check(result.faults)
            made.append(result)
            yield from result.samples
            yield from result.faults

    # A person wants to know of images; they come a shard at a time.
    for _ in track(images(), "images", sum(len(shard.items) for shard in shards)):
        pass
    return made


def make(shard: Shard, workspace: Workspace | None) -> MadeShard:
    """Make a shard, and keep it in the workspace if there is one."""
    made = make_shard(shard)
    if workspace:
        workspace.keep(shard, made)
    return made


def hand_over(shard: Shard, workspace: Workspace) -> MadeShard:
    """Make a shard for another task: it is in the workspace then, and no longer here."""
    made = make(shard, workspace)
    for crop in shard.crops:
        shard.path(crop).unlink()
    return made
