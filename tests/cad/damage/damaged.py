"""A damaged request, and damage to any bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

PREDICT, BATCH, INFER = "/v1/predict", "/v1/predict/batch", "/v2/models/skin/infer"
FEEDBACK = "/v1/predictions/1/feedback"

Random = np.random.Generator

T = TypeVar("T")


@dataclass(frozen=True)
class Damaged:
    """A request to be posted."""

    what: str
    """Is wrong with it."""
    body: bytes
    headers: Mapping[str, str]
    path: str = PREDICT


def pick(random: Random, options: Sequence[T]) -> T:
    """One of some things."""
    return options[random.integers(len(options))]


def damaged(whole: bytes, random: Random) -> bytes:
    """The same with some bytes changed, cut out, or doubled; mostly near its start, where the header is."""
    data = bytearray(whole)
    for _ in range(random.integers(1, 8)):
        at = int(random.integers(0, len(data) if random.random() < 0.5 else min(400, len(data))))
        length = int(random.integers(1, 9))
        what = random.integers(3)
        if what == 0:
            data[at : at + length] = random.bytes(length)
        elif what == 1:
            del data[at : at + length]
        else:
            data[at:at] = data[at : at + length]
    return bytes(data)
