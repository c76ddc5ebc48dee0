"""The data card says what a reader must know before trusting the figures."""

from pathlib import Path

from components.common.storage import open_store
from components.ingest.card import data_card, reader_warnings
from components.ingest.manifest import Manifest, build_manifest
from tests.ingest.isic_folder import IMAGES_2019, METADATA_2019, ids, write_2020


def build(root: Path) -> Manifest:
    return build_manifest([open_store(str(root))], None, "spring", 0, 0.25)


def page(root: Path) -> str:
    return data_card(build(root), [open_store(str(root))]).html()


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
