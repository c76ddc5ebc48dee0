"""Fixtures that all tests share."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"
ISIC_FOLDER = SHARED / "isic"


@pytest.fixture(scope="session")
def isic() -> Path:
    """The folder of real ISIC images (`ISIC_DATA`, or ../shared/isic); the test is skipped where there is none."""
    folder = Path(os.environ.get("ISIC_DATA", ISIC_FOLDER))
    if not (folder / "2019").is_dir():
        pytest.skip(f"no real ISIC images in {folder}: set ISIC_DATA to a folder laid out as ISIC lays it out")
    return folder


@pytest.fixture(scope="session")
def pad_ufes_20() -> Path:
    """The folder of PAD-UFES-20 (`PAD_UFES_20_DATA`, or ../shared/pad-ufes-20); without it the test is skipped."""
    folder = Path(os.environ.get("PAD_UFES_20_DATA", SHARED / "pad-ufes-20"))
    if not (folder / "metadata.csv").is_file():
        pytest.skip(f"no PAD-UFES-20 in {folder}: set PAD_UFES_20_DATA to the folder of its metadata.csv")
    return folder
