"""Predictions to record, and real databases to record them in."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from components.cad.records.prediction import Demographics, Feedback, ModelVersion, Prediction, Thresholds
from components.cad.records.records import Records, open_records
from components.common.taxonomy import CLASSES
from tests.postgres import PostgresServer, postgres_server

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
DIGEST = "d" * 64


def likely(name: str, probability: float = 0.6) -> tuple[float, ...]:
    """Nine probabilities, of which one class has the most."""
    rest = (1 - probability) / (len(CLASSES) - 1)
    return tuple(probability if one == name else rest for one in CLASSES)


def prediction(request_id: str, **changes: object) -> Prediction:
    """A prediction with nothing unusual about it but the changes."""
    usual: dict[str, object] = {
        "time": NOON,
        "images": ("a" * 64,),
        "model": ModelVersion("skin-lesion-demo", "3", DIGEST),
        "demographics": Demographics(45.0, "female", "torso"),
        "probabilities": likely("NV"),
        "malignant_probability": 0.15,
        "malignant": False,
        "abstain": False,
        "out_of_distribution": 0.25,
        "unusual": False,
        "thresholds": Thresholds(0.3, 0.4, 2.0),
    }
    return Prediction(request_id=request_id, **{**usual, **changes})


def full_prediction(request_id: str) -> Prediction:
    """A prediction that leaves nothing out, and of which nothing is round."""
    return prediction(
        request_id,
        time=NOON + timedelta(microseconds=123456),
        images=("a" * 64, "0" * 64),
        malignant_probability=1 / 3,
        quality=("blurred", "too_dark"),
        brightness=0.123,
        user="Dr. Müller <m@example.org>",
    )


def feedback(request_id: str, label: str = "MEL", **changes: object) -> Feedback:
    """What histology says."""
    usual: dict[str, object] = {"time": NOON + timedelta(days=7), "source": "histology"}
    return Feedback(request_id=request_id, label=label, **{**usual, **changes})


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real server."""
    with postgres_server() as server:
        yield server


_numbers = count()


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """Of an empty database of the test's own."""
    return postgres.make_database(f"test_{next(_numbers)}")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """Of a file that is not there yet."""
    return f"sqlite:///{tmp_path}/new folder/records.db"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """Of an empty database of either kind."""
    found: str = request.getfixturevalue(f"{request.param}_url")
    return found


@pytest.fixture
def opened() -> Iterator[Callable[[str], Records]]:
    """Open records, and close them at the end."""
    every: list[Records] = []

    def open_and_note(url: str) -> Records:
        every.append(open_records(url))
        return every[-1]

    yield open_and_note
    for records in every:
        records.close()


@pytest.fixture
def records(url: str, opened: Callable[[str], Records]) -> Records:
    """Empty records in a database of either kind."""
    return opened(url)


@pytest.fixture
def in_sqlite(sqlite_url: str, opened: Callable[[str], Records]) -> Records:
    """Empty records in a file, for what the kind of database does not matter to."""
    return opened(sqlite_url)
