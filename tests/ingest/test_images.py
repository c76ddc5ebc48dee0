"""Every image is looked at once, and one that is broken is told apart with its reason."""

import io
import struct
import zlib
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from components.common.errors import StorageDownError, StorageError
from components.common.folder import Folder
from components.common.storage import open_store
from components.common.store import MAXIMUM_FILE_BYTES
from components.ingest.images import Facts, Fault, inspect_image, inspect_images
from components.ingest.near_identical import NEAR_DISTANCE
from components.ingest.quarantine import REASONS
from tests.ingest.isic_folder import picture


def encoded(image: Image.Image, kind: str) -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def places(root: Path, paths: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"data": str(root), "path": paths})


def distance(one: bytes, other: bytes) -> int:
    hashes = [inspect_image(data) for data in (one, other)]
    assert all(isinstance(facts, Facts) for facts in hashes)
    first, second = (int(facts.phash, 16) for facts in hashes if isinstance(facts, Facts))
    return (first ^ second).bit_count()


def test_a_good_image_gives_its_size_and_hashes() -> None:
    data = picture(1, width=96, height=72)
    facts = inspect_image(data)
    assert isinstance(facts, Facts)
    assert (facts.width, facts.height, facts.bytes) == (96, 72, len(data))
    assert len(facts.sha256) == len(facts.phash) == 64


def test_a_picture_saved_smaller_and_coarser_has_nearly_the_same_perceptual_hash() -> None:
    original = picture(1, width=900, height=675)
    assert distance(original, picture(1, width=300, height=225, quality=60)) <= NEAR_DISTANCE
    assert distance(original, picture(2, width=900, height=675)) > 80


@pytest.mark.parametrize("missing", [1, 2, 10, 100, 1000])
def test_a_truncated_jpeg_is_found_however_little_is_missing(missing: int) -> None:
    fault = inspect_image(picture(1, width=600, height=450)[:-missing])
    assert isinstance(fault, Fault)
    assert fault.reason == "truncated_image"


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_real_jpegs_are_found_truncated_too(isic: Path, part: float) -> None:
    for path in sorted((isic / "2020" / "train").glob("*.jpg"))[:5]:
        data = path.read_bytes()
        assert isinstance(inspect_image(data), Facts)
        assert isinstance(inspect_image(data[: int(len(data) * part)]), Fault)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"this is no picture\n" * 20, "not_an_image"),
        (encoded(Image.new("RGB", (8, 8)), "GIF"), "not_an_image"),
        (b"\xff\xd8\xff\xe0", "truncated_image"),
        (picture(1)[:200], "truncated_image"),
        (encoded(Image.new("RGB", (20, 20)), "PNG").replace(b"IDATx\x9c", b"IDATx\x00"), "undecodable_image"),
    ],
    ids=["empty", "text", "another kind", "four bytes", "half a header", "damaged"],
)
def test_what_is_no_whole_image_has_its_reason(data: bytes, reason: str) -> None:
    fault = inspect_image(data)
    assert isinstance(fault, Fault)
    assert fault.reason == reason
    assert fault.reason in REASONS


def test_a_png_under_the_name_of_a_jpeg_is_an_image_all_the_same() -> None:
    assert isinstance(inspect_image(encoded(Image.new("RGBA", (20, 16)), "PNG")), Facts)


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_gray_and_cmyk_pictures_are_images(mode: str) -> None:
    assert isinstance(inspect_image(encoded(Image.new(mode, (20, 16)), "JPEG")), Facts)


def test_a_decompression_bomb_is_a_fault_that_costs_no_memory() -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + header + struct.pack(">I", zlib.crc32(b"IHDR" + header))
    data = encoded(Image.new("RGB", (20, 20)), "PNG")
    fault = inspect_image(data[:8] + chunk + data[33:])
    assert isinstance(fault, Fault)
    assert fault.reason == "too_many_pixels"
    assert "60000 x 60000" in fault.detail


def test_all_images_of_a_store_are_looked_at(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for number in range(30):
        (tmp_path / "a" / f"{number}.jpg").write_bytes(picture(number) if number % 10 else b"")
    paths = [f"a/{number}.jpg" for number in range(31)]
    (tmp_path / "a" / "stray.jpg").write_bytes(b"")
    (tmp_path / "a" / "licence.txt").write_text("free")
    inspection = inspect_images([open_store(str(tmp_path))], places(tmp_path, paths))
    assert inspection.faults["reason"].to_dict() == {
        30: "missing_image",
        0: "empty_file",
        10: "empty_file",
        20: "empty_file",
    }
    assert set(inspection.facts.index) == set(range(31)) - set(inspection.faults.index)
    assert inspection.facts.at[7, "bytes"] == len(picture(7))
    assert inspection.unnamed == 1


def test_a_huge_file_is_a_fault_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(picture(number))
    with (tmp_path / "0.jpg").open("r+b") as file:
        file.truncate(MAXIMUM_FILE_BYTES + 1)
    store, read = open_store(str(tmp_path)), []
    monkeypatch.setattr(store, "read", lambda name: read.append(name) or picture(1))
    inspection = inspect_images([store], places(tmp_path, ["0.jpg", "1.jpg"]))
    assert inspection.faults.loc[0, "reason"] == "too_many_bytes"
    assert "268,435,457 bytes" in inspection.faults.loc[0, "detail"]
    assert inspection.facts.index.tolist() == [1]
    assert read == ["1.jpg"]


def test_damage_is_told_once_and_not_logged_by_libvips(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    image = Image.effect_noise((200, 200), 50).convert("RGB")
    (tmp_path / "half.png").write_bytes(encoded(image, "PNG")[:30_000])
    (fault,) = inspect_images([open_store(str(tmp_path))], places(tmp_path, ["half.png"])).faults["reason"]
    assert fault == "truncated_image"
    assert "VIPS" not in caplog.text + capfd.readouterr().err


def test_a_file_that_the_storage_does_not_give_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(picture(number))
    read = Folder.read

    def failing(self: Folder, name: str) -> bytes:
        if name == "0.jpg":
            raise StorageError("cannot read 0.jpg: Input/output error")
        return read(self, name)

    monkeypatch.setattr(Folder, "read", failing)
    inspection = inspect_images([open_store(str(tmp_path))], places(tmp_path, ["0.jpg", "1.jpg"]))
    assert inspection.faults.loc[0].tolist() == ["unreadable_image", "cannot read 0.jpg: Input/output error"]
    assert inspection.facts.index.tolist() == [1]


def test_a_storage_that_is_down_stops_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0.jpg").write_bytes(picture(0))

    def failing(self: Folder, name: str) -> bytes:
        raise StorageDownError("nothing answers")

    monkeypatch.setattr(Folder, "read", failing)
    with pytest.raises(StorageDownError):
        inspect_images([open_store(str(tmp_path))], places(tmp_path, ["0.jpg"]))
