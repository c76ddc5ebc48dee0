"""A small data set on disk, with its manifest."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.common.pictures import encode_jpeg
from components.common.taxonomy import CLASSES
from components.preprocess import shards, workspace


@dataclass
class DataSet:
    """A folder of images and a manifest of them, which a test may spoil before it writes it."""

    root: Path
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def manifest(self) -> Path:
        return self.root / "manifest"

    @property
    def data(self) -> Path:
        return self.root / "data"

    def add(self, image_id: str, content: bytes, **values: Any) -> None:
        """Add an image file and its row."""
        path = f"2019/images/{image_id}.jpg"
        (self.data / path).parent.mkdir(parents=True, exist_ok=True)
        (self.data / path).write_bytes(content)
        row = {"source": "isic2019", "data": str(self.data), "path": path, "label": "NV", "split": "train"}
        self.rows.append({"image_id": image_id, **row, "sex": "female", "age": 40.0, "site": "torso", **values})

    def write(self, table: pd.DataFrame | None = None) -> Path:
        """Write the manifest as ingest does."""
        self.manifest.mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(self.rows) if table is None else table
        frame.to_parquet(self.manifest / "manifest.parquet")
        facts = {"data": [str(self.data)], "fingerprint": "0" * 64, "images": len(frame)}
        (self.manifest / "manifest.json").write_text(json.dumps(facts))
        return self.manifest


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def forget_stores() -> None:
    """A new process opens its stores anew."""
    shards.store_at.cache_clear()
    workspace._store.cache_clear()


@pytest.fixture(autouse=True)
def _stores() -> Iterator[None]:
    forget_stores()
    yield
    forget_stores()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 200 kB; the test is skipped where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if not mount or subprocess.run([mount, "-t", "tmpfs", "-o", "size=200k", "tmpfs", folder]).returncode:
        pytest.skip("a small file system can be mounted by root alone")
    yield folder
    subprocess.run(["umount", folder], check=True)


def photograph(seed: int, *, border: bool = False) -> bytes:
    """A JPEG of 160 x 120 px: skin with a spot, at will in a round field."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:120, :160]
    image = random.normal((205, 160, 140), 6, (120, 160, 3))
    image[np.hypot(rows - 60, columns - 80) < random.integers(10, 40)] = random.integers(30, 120, 3)
    if border:
        image[np.hypot(rows - 60, columns - 80) > 55] = 0
    return encode_jpeg(np.clip(image, 0, 255).astype(np.uint8))


@pytest.fixture
def empty(tmp_path: Path) -> DataSet:
    """No image yet."""
    return DataSet(tmp_path / "set")


@pytest.fixture
def images(empty: DataSet) -> DataSet:
    """24 images: 16 to train on, 4 and 4; every fourth in a round field; of one, nothing is known of the patient."""
    splits = ["train"] * 4 + ["validation", "test"]
    for number in range(24):
        unknown = {"sex": None, "age": None, "site": None} if number == 5 else {}
        empty.add(
            f"ISIC_{number:07d}",
            photograph(number, border=number % 4 == 0),
            label=CLASSES[number % 9],
            split=splits[number % 6],
            **unknown,
        )
    empty.write()
    return empty
