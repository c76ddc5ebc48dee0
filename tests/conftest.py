"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

ISIC_FOLDER = Path(__file__).resolve().parents[2] / "shared" / "isic"


@pytest.fixture(scope="session")
def isic() -> Path:
    """The folder of real ISIC images (`ISIC_DATA`, or ../shared/isic); the test is skipped where there is none."""
    folder = Path(os.environ.get("ISIC_DATA", ISIC_FOLDER))
    if not (folder / "2019").is_dir():
        pytest.skip(f"no real ISIC images in {folder}: set ISIC_DATA to a folder laid out as ISIC lays it out")
    return folder
