"""Each answer is recorded before it is given: what was told and not recorded would be lost to any audit."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from functools import partial
from typing import TypeVar

from components.cad.dicom import is_dicom
from components.cad.metrics import Metrics
from components.cad.problems import ProblemError
from components.cad.recording import Recorder
from components.cad.records.drift import Drift
from components.cad.records.images import KeptImages
from components.cad.records.prediction import Feedback, Prediction, Record
from components.cad.records.records import Records
from components.common.errors import RecordsError, StorageError, UnknownRequestError
from components.common.reference import Reference

T = TypeVar("T")

log = logging.getLogger(__name__)

_TIDY_SECONDS = 60.0


class Auditing:
    """Writes and reads the records.

    Args:
        records: the database.
        kept: that the images are kept in; None keeps none.
        metrics: that predictions are counted in, once they are recorded.
    """

    def __init__(self, records: Records, kept: KeptImages | None, metrics: Metrics) -> None:
        self._records, self._kept, self._metrics = records, kept, metrics
        self._recorder = Recorder(records.add)
        # Drift reads all records: one at a time, for others need the threads.
        self._scan = asyncio.Lock()

    async def add(self, predictions: Sequence[Prediction], images: Sequence[bytes] = ()) -> None:
        """Record some predictions, all or none, and keep their images where images are kept.

        Raises:
            ProblemError: they cannot be recorded.
        """
        if self._kept and images:
            await self._within(partial(_keep, self._kept, images))
        with _problems():
            await self._recorder.add(predictions)
        for prediction in predictions:
            self._metrics.recorded(prediction)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the database tidy as long as the block lasts; then write what waits."""
        tidying = asyncio.create_task(self._keep_tidy())
        try:
            yield
        finally:
            tidying.cancel()
            await asyncio.gather(tidying, return_exceptions=True)
            await self._recorder.close()

    async def get(self, request_id: str) -> Record:
        """One record; raises ProblemError where there is none."""
        return await self._within(lambda: self._records.get(request_id))

    async def recent(self, limit: int, before: str | None) -> list[Record]:
        """See Records."""
        return await self._within(lambda: self._records.recent(limit, before))

    async def give_feedback(self, feedback: Feedback) -> Record:
        """Attach it; raises ProblemError where there is no such prediction."""

        def add() -> Record:
            self._records.add_feedback(feedback)
            return self._records.get(feedback.request_id)

        return await self._within(add)

    async def drift(self, reference: Reference | None, since: datetime | None, digest: str | None) -> Drift:
        """See Records."""
        async with self._scan:
            return await self._within(lambda: self._records.drift(reference, since, digest))

    async def check(self) -> None:
        """Raises ProblemError where answers cannot be recorded."""
        await self._within(self._records.ping)

    async def _keep_tidy(self) -> None:
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            try:
                await asyncio.to_thread(self._records.tidy)
            except RecordsError as error:  # whoever wants to record something will hear of it
                log.warning("%s", error)

    async def _within(self, work: Callable[[], T]) -> T:
        with _problems():
            return await asyncio.to_thread(work)


def _keep(kept: KeptImages, images: Sequence[bytes]) -> None:
    for data in images:
        if not is_dicom(data):  # which names the patient
            kept.keep(data)


@contextmanager
def _problems() -> Iterator[None]:
    """What the records' failures are to a caller."""
    try:
        yield
    except UnknownRequestError as error:
        raise ProblemError("not_found", str(error)) from error
    except (RecordsError, StorageError) as error:
        log.error("%s: %s", type(error).__name__, error)  # paths and addresses, which are no caller's business
        raise ProblemError(
            "records_unavailable", "the records cannot be used now; the service's log says why", {"Retry-After": "10"}
        ) from error
