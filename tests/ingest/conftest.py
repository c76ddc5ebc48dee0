"""Fixtures of the ingest stage's tests."""

from pathlib import Path

import pytest

from tests.ingest.isic_folder import write_both


@pytest.fixture
def both_years(tmp_path: Path) -> Path:
    """Forty good images of 2019 and 2020, which the test may spoil."""
    return write_both(tmp_path / "data")
