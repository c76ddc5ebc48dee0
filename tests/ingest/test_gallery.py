"""Pictures of the data card: crops, and what of the quarantine can be shown."""

from pathlib import Path

import pandas as pd

from components.common.storage import open_store
from components.ingest.gallery import contact_sheet, quarantined_pictures
from tests.ingest.isic_folder import picture


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
