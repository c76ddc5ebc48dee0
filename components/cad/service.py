"""The model that is served now, and its change for the next one while requests go on.

A request that has begun keeps the model that it began with; that one goes when its last request is answered.
"""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from components.cad.batching import Arrays, Batcher
from components.cad.metrics import Metrics
from components.cad.model import Model, load_model
from components.cad.problems import ProblemError
from components.cad.settings import CadSettings
from components.cad.sources import Release, Source
from components.common.errors import PipelineError
from components.common.reference import REFERENCE_FILE, Reference, read_reference

log = logging.getLogger(__name__)

CARD_FILE = "model_card.md"


@dataclass
class Served:
    """A loaded model that answers, and how many requests it has begun and not ended."""

    release: Release
    model: Model
    batcher: Batcher
    card: str
    """Markdown; empty where the release has none."""
    reference: Reference | None
    folder: "tempfile.TemporaryDirectory[str]"
    requests: int = 0
    retired: bool = False
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, rows: Sequence[Arrays]) -> Arrays:
        """Answer some rows, perhaps together with others'; see `Batcher.submit`."""
        return await self.batcher.submit(rows)

    async def close(self) -> None:
        """Stop once the last request is answered."""
        self.retired = True
        if self.requests:
            await self.idle.wait()
        await self.batcher.close()
        self.folder.cleanup()


class Service:
    """Holds the served model, and looks for another one from time to time.

    Args:
        source: where models come from.
        settings: the service's.
        metrics: that changes and batches are counted in.
    """

    def __init__(self, source: Source, settings: CadSettings, metrics: Metrics) -> None:
        self._source, self._settings, self._metrics = source, settings, metrics
        self._served: Served | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @contextmanager
    def using(self) -> Iterator[Served]:
        """The model that is served now, for one request: it stays as long as the block lasts.

        Raises:
            ProblemError: there is none (yet).
        """
        served = self._served
        if served is None:
            raise ProblemError("no_model", "no model is loaded; the service's log says why", {"Retry-After": "10"})
        served.requests += 1
        try:
            yield served
        finally:
            served.requests -= 1
            if served.retired and not served.requests:
                served.idle.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Load the model, and keep up with the source as long as the block lasts."""
        await self._look()
        watch = asyncio.create_task(self._keep_up())
        try:
            yield
        finally:
            watch.cancel()
            await asyncio.gather(watch, return_exceptions=True)
            served, self._served = self._served, None
            if served:
                await served.close()
            await asyncio.gather(*self._closing)

    async def _keep_up(self) -> None:
        while True:
            await asyncio.sleep(self._settings.poll_seconds)
            await self._look()

    async def _look(self) -> None:
        """Look for another release and serve it; the one that is served stays where that fails."""
        try:
            release = await asyncio.to_thread(self._source.current)
            if self._served and self._served.release == release:
                return
            served = await self._load(release)
        except Exception as error:  # whatever it is, the next look may go well
            self._metrics.reloads.labels("failed").inc()
            foreseen = isinstance(error, PipelineError)
            log.error("%s: %s", type(error).__name__, error, exc_info=None if foreseen else error)
            return
        old, self._served = self._served, served
        self._metrics.reloads.labels("done").inc()
        self._metrics.serving(release.name, release.version, served.model.digest)
        if old:
            task = asyncio.create_task(old.close())
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def _load(self, release: Release) -> Served:
        began = time.monotonic()
        folder = tempfile.TemporaryDirectory(prefix="cad-")
        try:
            place = await asyncio.to_thread(self._source.fetch, release, Path(folder.name))
            model = await asyncio.to_thread(load_model, place, self._settings.cores)
            card, reference = _text(place / CARD_FILE), read_reference(place / REFERENCE_FILE)
        except BaseException:
            folder.cleanup()
            raise
        log.info(
            "serving %s version %s after %.1f s; batches at once: %d, threads for each: %d",
            release.name, release.version, time.monotonic() - began, model.at_once, model.threads,
        )  # fmt: skip
        batcher = Batcher(
            model.run, self._settings.batch_size, self._settings.batch_seconds, model.at_once, self._metrics.batch
        )
        return Served(release, model, batcher, card, reference, folder)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
