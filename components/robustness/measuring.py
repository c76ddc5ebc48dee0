"""Every test image, clean and corrupted, through the model."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from components.common.cores import available_cores
from components.common.progress import track
from components.robustness.batches import BATCH_SIZE, Batch, read_batches, shrunk
from components.robustness.corruptions import CORRUPTIONS, corrupt
from components.robustness.explaining import ORDERS, Explained
from components.robustness.inputs import Inputs
from components.robustness.novelty import Novelty, ask_of_non_lesions
from components.robustness.sampling import lot
from components.robustness.tally import Condition, Tally, conditions


@dataclass(frozen=True)
class Example:
    """One of the images, to show the corruptions on."""

    image_id: str
    picture: np.ndarray
    """uint8 [crop, crop, 3]."""


@dataclass
class Stopwatch:
    """Where the time went, in seconds."""

    corrupting: dict[str, float] = field(default_factory=lambda: {corruption.name: 0.0 for corruption in CORRUPTIONS})
    """By corruption, over all severities and images; reducing to the smaller crops is part of it."""
    inferring: float = 0.0
    """The model, on clean and corrupted pictures."""
    explaining: float = 0.0
    """Shuffling the model, and all that is done to clean pictures to judge the maps."""

    @contextmanager
    def corruption(self, condition: Condition) -> Iterator[None]:
        """Time what is done to one batch; clean pictures are not counted."""
        start = time.perf_counter()
        yield
        if condition:
            self.corrupting[condition[0].name] += time.perf_counter() - start

    @contextmanager
    def inference(self) -> Iterator[None]:
        """Time the model on one batch."""
        start = time.perf_counter()
        yield
        self.inferring += time.perf_counter() - start

    @contextmanager
    def explanation(self) -> Iterator[None]:
        """Time what is done for the explanations alone."""
        start = time.perf_counter()
        yield
        self.explaining += time.perf_counter() - start


@dataclass(frozen=True)
class Measurement:
    """What was counted, and how long it took."""

    tally: Tally
    novelty: Novelty
    explained: Explained
    example: Example
    stopwatch: Stopwatch


def measure(inputs: Inputs, seed: int) -> Measurement:
    """Carry out the measurement: each picture is read and decoded once, and spoiled in all ways in turn.

    Memory holds one batch, one spoiled copy of it, counts for each condition, half a kilobyte for each image, and some
    pictures to show. The threads that corrupt and the model take turns, each on all cores: so both are timed as if they
    were alone.

    Raises:
        DataError: the records are damaged.
    """
    crops = inputs.model.crops
    tally, stopwatch = Tally(1 + len(inputs.model.members)), Stopwatch()
    novelty = Novelty(ask_of_non_lesions(inputs.model))
    with stopwatch.explanation():
        explained = Explained([inputs.model.shuffled(ORDERS * seed + order) for order in range(ORDERS)], seed)
    batches = read_batches(inputs.records, crops[-1], inputs.groups)
    steps = ((batch, condition) for batch in batches for condition in conditions())
    total = -(-len(inputs.groups) // BATCH_SIZE) * len(tally.confusion)
    examples: list[Example] = []
    with _threads() as threads:
        for batch, condition in track(steps, "corrupted batches", total):
            if condition is None:
                tally.start(batch.image_ids, batch.labels)
                examples = _first([*examples, *map(Example, batch.image_ids, batch.pictures)], seed)
            with stopwatch.corruption(condition):
                pictures = shrunk(_spoiled(batch, condition, seed, threads), crops)
            with stopwatch.inference():
                answer = inputs.model.answer(pictures, batch.demographics)
            tally.add(condition, answer.decided)
            novelty.add(condition, batch.image_ids, answer.out_of_distribution)
            if condition is None:
                with stopwatch.explanation():
                    explained.add(batch, pictures, answer)
    return Measurement(tally, novelty, explained, examples[0], stopwatch)


def _first(examples: list[Example], seed: int) -> list[Example]:
    """The one that the lot falls on, whatever the order in which images come."""
    return [min(examples, key=lambda example: lot(example.image_id, seed))]


@contextmanager
def _threads() -> Iterator[Executor]:
    """One for each core: OpenCV and NumPy let others work while they do. OpenCV's own threads would be in their way."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        with ThreadPoolExecutor(available_cores()) as threads:
            yield threads
    finally:
        cv2.setNumThreads(before)


def _spoiled(batch: Batch, condition: Condition, seed: int, threads: Executor) -> Sequence[np.ndarray]:
    if condition is None:
        return batch.pictures
    corruption, severity = condition
    spoil = partial(corrupt, corruption=corruption, severity=severity, seed=seed)
    return list(threads.map(lambda image, name: spoil(image, image_id=name), batch.pictures, batch.image_ids))
