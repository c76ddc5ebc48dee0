"""Sizes and times of the variants, and of what they are held against."""

from typing import Any

import numpy as np

from components.convert.inputs import read_inputs
from components.convert.measuring import LATENCY_BATCHES, latencies, latency_batches
from tests.convert.conftest import Workplace


class Counting:
    """A model that notes how many images it was given."""

    def __init__(self) -> None:
        self.given: list[int] = []

    def run(self, batch: Any) -> None:
        self.given.append(len(batch.labels))


def test_one_image_is_timed_more_often_than_sixteen(workplace: Workplace) -> None:
    batches = latency_batches(read_inputs(workplace.ensemble, workplace.members, workplace.records))
    assert [len(batch.labels) for batch in batches] == list(LATENCY_BATCHES) == [1, 16]
    model = Counting()
    found = latencies(batches, {"ours": model}, [{"peer": lambda: np.zeros(1)}] * 2, rounds=8)  # type: ignore[dict-item]
    assert list(found) == [1, 16]
    assert list(found[1]) == ["ours", "peer"]
    assert model.given == [1] * 16 + [16] * 4  # each timed call follows an untimed one
