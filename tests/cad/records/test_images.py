from pathlib import Path

import pytest

from components.cad.records.images import KeptImages, digest
from components.common.errors import StorageError
from tests.disks import no_file_over

PICTURE = bytes(range(256)) * 40


def test_a_picture_is_kept_under_its_digest_for_its_owner_only(tmp_path: Path) -> None:
    kept = KeptImages(tmp_path / "pictures")

    name = kept.keep(PICTURE)

    assert name == digest(PICTURE)
    assert kept.path(name) == tmp_path / "pictures" / name[:2] / name
    assert kept.path(name).read_bytes() == PICTURE
    assert kept.path(name).stat().st_mode & 0o777 == 0o600


def test_the_same_bytes_are_kept_once(tmp_path: Path) -> None:
    kept = KeptImages(tmp_path)
    before = kept.path(kept.keep(PICTURE)).stat().st_mtime_ns

    assert kept.path(kept.keep(PICTURE)).stat().st_mtime_ns == before
    assert len([file for file in tmp_path.rglob("*") if file.is_file()]) == 1


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    kept = KeptImages(tmp_path)
    with no_file_over(1000), pytest.raises(StorageError, match="cannot write .*free space"):
        kept.keep(PICTURE)

    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
