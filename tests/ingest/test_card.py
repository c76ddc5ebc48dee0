"""The data card says what a reader must know before trusting the figures."""

import re
from dataclasses import replace
from pathlib import Path

from components.common.storage import open_store
from components.ingest.card import data_card, reader_warnings
from components.ingest.history import History
from components.ingest.manifest import Manifest, build_manifest
from tests.ingest.isic_folder import (
    IMAGES_2019,
    METADATA_2019,
    TRUTH_2020,
    ids,
    write_2020,
    write_images,
    write_rows,
)


def build(root: Path, workspace: Path | None = None, version: str = "spring") -> Manifest:
    history = History(open_store(str(workspace), create=True), 0) if workspace else None
    return build_manifest([open_store(str(root))], history, version, 0, 0.25)


def page(root: Path, workspace: Path | None = None, version: str = "spring") -> str:
    return data_card(build(root, workspace, version), [open_store(str(root))]).html()


def table(page: str, caption: str) -> list[list[str]]:
    """The rows of the table with this caption, without its header."""
    _, _, after = page.partition(caption)
    rows = after.partition("</table>")[0].split("<tr")[2:]
    return [re.findall(r"<t[hd][^>]*>\s*([^<]*?)\s*</t[hd]>", row) for row in rows]


def test_the_card_shows_classes_demographics_duplicates_and_quarantine(both_years: Path) -> None:
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").write_bytes(b"<b>no picture</b>")
    shown = page(both_years)
    for words in (
        "Data card, version spring",
        "39 images from",
        "Images by class and split",
        "Share of images without the value",
        "known duplicate pairs",
        "not_an_image",
        "the file is no picture of a known format",
        "ISIC_0000000: not_an_image",
        "CC BY-NC 4.0",
        "Images by Fitzpatrick type",
        "The commonest sizes",
        "Before and after",
        "UNK: no border",
        "2019/ISIC_2019_Training_Input/ISIC_0000000.jpg",
    ):
        assert words in shown


def test_a_clean_data_set_has_an_empty_quarantine(both_years: Path) -> None:
    assert "Nothing was left out." in page(both_years)


def test_absent_and_rare_classes_are_warned_of(both_years: Path) -> None:
    warnings = reader_warnings(build(both_years))
    assert "No image is of class AK, BKL, DF, VASC and SCC: models cannot learn it." in warnings
    assert any(warning.startswith("There are few images of MEL (") and "in test" in warning for warning in warnings)


def test_unk_from_one_source_is_warned_of_where_there_are_two(both_years: Path, tmp_path: Path) -> None:
    assert any("class UNK come from isic2020" in warning for warning in reader_warnings(build(both_years)))
    write_2020(
        tmp_path / "new", [(image_id, f"IP_{n}", ("unknown", "nevus")[n % 2]) for n, image_id in enumerate(ids(0, 20))]
    )
    assert not any("come from" in warning for warning in reader_warnings(build(tmp_path / "new")))


def test_words_that_were_not_understood_are_on_the_card(both_years: Path) -> None:
    table = both_years / METADATA_2019
    table.write_text(table.read_text().replace("anterior torso", "elbow", 2))
    assert "Rows whose site is not understood and taken as missing: 2: &#39;elbow&#39; (2)." in page(both_years)


def test_what_changed_is_said_and_what_is_left_out_now_is_not_called_removed(both_years: Path, tmp_path: Path) -> None:
    assert "This is the first state of the data in this workspace." in page(both_years, tmp_path / "work")
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").write_bytes(b"no picture")
    shown = page(both_years, tmp_path / "work", "summer")
    assert "Since version spring (" in shown
    assert "0 added, 0 removed, 1 left out now, 0 relabelled, 0 replaced. No image moved" in shown
    assert "left out now, was in " in shown
    assert "The first 1 of 1." in shown


def test_images_that_moved_are_warned_of(both_years: Path, tmp_path: Path) -> None:
    build(both_years, tmp_path / "work")
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").unlink()
    manifest = build(both_years, tmp_path / "work", "summer")
    assert not any("in another split" in warning for warning in reader_warnings(manifest))
    others = manifest.images.assign(split=manifest.images["split"].replace("test", "train"))
    moved = replace(manifest, images=others)
    assert any(
        "in another split than" in warning and "cannot be compared" in warning for warning in reader_warnings(moved)
    )
    assert "No image moved" not in data_card(moved, [open_store(str(both_years))]).html()


def test_without_a_version_the_card_has_none(both_years: Path, tmp_path: Path) -> None:
    page(both_years, tmp_path / "work", "")
    (both_years / IMAGES_2019 / "ISIC_0000000.jpg").unlink()
    shown = page(both_years, tmp_path / "work", "")
    assert "<title>Data card</title>" in shown
    assert "Since the state (" in shown


def test_ages_are_counted_in_bands_with_the_missing_ones_last(tmp_path: Path) -> None:
    rows = [(image_id, f"IP_{n}", ("unknown", "nevus")[n % 2]) for n, image_id in enumerate(ids(0, 20))]
    write_2020(tmp_path, rows)
    table_2020 = tmp_path / TRUTH_2020
    text = table_2020.read_text()
    for number, age in enumerate(("9.5", "10", "0", "", "120", "85")):
        text = text.replace(f"IP_{number},male,40.0", f"IP_{number},male,{age}")
    table_2020.write_text(text)
    assert table(page(tmp_path), "Images by age in years.") == [
        ["0 to 9", "2"],
        ["10 to 19", "1"],
        ["40 to 49", "14"],
        ["80 to 89", "1"],
        ["120 to 129", "1"],
        ["missing", "1"],
    ]


def test_licences_are_counted_where_a_table_has_them(both_years: Path, tmp_path: Path) -> None:
    assert "by licence" not in page(both_years)
    header = ("isic_id", "copyright_license", "diagnosis_1", "diagnosis_2", "diagnosis_3")
    names = ids(0, 20)
    rows = [
        (name, ("CC-0", "CC-BY", "CC-BY", "")[n % 4], "", "", ("Nevus", "Basal cell carcinoma")[n // 4 % 2])
        for n, name in enumerate(names)
    ]
    write_rows(tmp_path / "archive" / "metadata.csv", header, rows)
    write_images(tmp_path / "archive" / "images", names)
    shown = page(tmp_path / "archive")
    assert table(shown, "Rows of the tables by licence.") == [["CC-0", "5"], ["CC-BY", "10"], ["not known", "5"]]


def test_whole_sizes_have_no_decimals(both_years: Path) -> None:
    rows = {name: values for name, *values in table(page(both_years), "Sizes in pixels")}
    assert rows["width median"] == ["96", "96"]
    assert rows["megapixels median"] == ["0.007", "0.007"]


def test_a_group_that_is_too_large_for_one_patient_is_warned_of(tmp_path: Path) -> None:
    few = [(image_id, f"IP_{n}", ("unknown", "nevus")[n % 2]) for n, image_id in enumerate(ids(0, 20))]
    write_2020(tmp_path / "good", [*few, *((image_id, "IP_P", "nevus") for image_id in ids(20, 20))])
    assert not any("holds" in warning for warning in reader_warnings(build(tmp_path / "good")))
    write_2020(tmp_path / "bad", [*few, *((image_id, "unknown", "nevus") for image_id in ids(20, 21))])
    (warning,) = [warning for warning in reader_warnings(build(tmp_path / "bad")) if "holds" in warning]
    assert re.match(r'Group \S+ holds 21 of the 41 images \(51.2%\).*id that means "unknown" may be the cause', warning)
