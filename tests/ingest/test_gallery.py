"""Pictures of the data card: crops, and what of the quarantine can be shown."""

import struct
import time
import zlib
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from components.common.storage import open_store
from components.common.store import MAXIMUM_FILE_BYTES
from components.ingest.gallery import contact_sheet, quarantined_pictures
from tests.ingest.isic_folder import picture


@cache
def bomb(side: int = 13_300) -> bytes:
    """A whole PNG file of half a megabyte, whose white picture takes half a gigabyte."""
    rows = zlib.compressobj(9)
    row = b"\0" + b"\xff" * 3 * side
    content = b"".join(rows.compress(row) for _ in range(side)) + rows.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = {b"IHDR": header, b"IDAT": content, b"IEND": b""}
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def test_the_widest_borders_come_first_and_what_is_gone_is_left_out(tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number}.jpg").write_bytes(picture(number))
    images = pd.DataFrame({"image_id": [f"ISIC_{number}" for number in range(31)], "label": "NV"})
    images = images.assign(data=str(tmp_path), path=[f"{number}.jpg" for number in range(31)], border=0.0)
    images.loc[[3, 30], "border"] = [0.25, 0.5]
    tiles = contact_sheet(images, [open_store(str(tmp_path))])
    assert tiles[0].caption == "ISIC_3, NV: 25.0% cut off"
    assert len(tiles) == 9
    assert all(len(tile.pictures) == 2 for tile in tiles)


def test_some_of_each_reason_are_shown_even_those_that_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "whole.jpg").write_bytes(picture(1))
    (tmp_path / "half.jpg").write_bytes(picture(2)[:1500])
    (tmp_path / "text.jpg").write_text("no picture")
    names = ["whole", "half", "text", "gone"]
    refused = pd.DataFrame({"image_id": names, "path": [f"{name}.jpg" for name in names], "data": str(tmp_path)})
    refused = refused.assign(reason=["conflicting_labels", "truncated_image", "not_an_image", "missing_image"])
    tiles = quarantined_pictures(refused, [open_store(str(tmp_path))])
    assert sorted(tile.caption for tile in tiles) == [
        "gone: missing_image",
        "half: truncated_image",
        "text: not_an_image",
        "whole: conflicting_labels",
    ]
    pictures = {tile.caption.split(":")[0]: tile.pictures[0] for tile in tiles}
    assert pictures["text"] == pictures["gone"]  # grey
    assert len({pictures["whole"], pictures["half"], pictures["text"]}) == 3


def test_rows_without_a_file_are_not_shown(tmp_path: Path) -> None:
    refused = pd.DataFrame({"image_id": ["a"], "path": [""], "data": str(tmp_path), "reason": "invalid_name"})
    assert quarantined_pictures(refused, [open_store(str(tmp_path))]) == []


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("reason", ["too_many_pixels", "unknown_diagnosis"])
def test_a_decompression_bomb_is_grey_and_not_decoded(tmp_path: Path, reason: str) -> None:
    (tmp_path / "bomb.png").write_bytes(bomb())
    (tmp_path / "text.jpg").write_text("no picture")
    refused = pd.DataFrame({"image_id": ["bomb", "text"], "path": ["bomb.png", "text.jpg"], "data": str(tmp_path)})
    begin = time.thread_time()
    shown, grey = quarantined_pictures(refused.assign(reason=reason), [open_store(str(tmp_path))])
    assert time.thread_time() - begin < 0.3  # to decode it takes seconds
    assert shown.pictures == grey.pictures


def test_a_huge_file_is_grey_and_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "huge.jpg").write_bytes(picture(1))
    with (tmp_path / "huge.jpg").open("r+b") as file:
        file.truncate(MAXIMUM_FILE_BYTES + 1)
    store = open_store(str(tmp_path))
    monkeypatch.setattr(store, "read", lambda name: pytest.fail(f"{name} was read"))
    refused = pd.DataFrame({"image_id": ["huge"], "path": ["huge.jpg"], "data": str(tmp_path)})
    (tile,) = quarantined_pictures(refused.assign(reason="too_many_bytes"), [store])
    assert tile.caption == "huge: too_many_bytes"
