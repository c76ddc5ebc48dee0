"""The tables of both years become one, and rows that cannot be used go to the quarantine."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from components.common.errors import DataError
from components.common.storage import open_store
from components.common.taxonomy import CLASSES
from components.ingest.quarantine import REASONS
from components.ingest.tables import COLUMNS, Tables, read_tables
from tests.ingest.isic_folder import (
    HEADER_2020,
    IMAGES_2019,
    IMAGES_2020,
    METADATA_2019,
    TRUTH_2019,
    TRUTH_2020,
    one_hot,
    write_2019,
    write_2020,
    write_rows,
)

LEVELS = ("diagnosis_1", "diagnosis_2")
HEADER_ARCHIVE = ("isic_id", "patient_id", "lesion_id", "diagnosis_3", "fitzpatrick_skin_type", "age_approx", *LEVELS)
TWO_TABLES = """
name = "clinic"
title = "Our clinic"
licence = "ours"
citation = "nobody yet"
images = "pictures/{image}.png"

[[tables]]
files = ["patients.csv"]
image = "image"
columns = { patient_id = "patient" }

[[tables]]
files = ["labels.csv"]
image = "image"
columns = { diagnosis = "label" }
"""


def read(root: Path) -> Tables:
    return read_tables([open_store(str(root))])


def links(tables: Tables) -> list[tuple[str, str, str]]:
    """Image, patient and lesion."""
    assert list(tables.links.columns) == ["image_id", "patient_id", "lesion_id"]
    return sorted((row[0], row[1], row[2]) for row in tables.links.fillna("").to_numpy())


def reasons(tables: Tables) -> dict[str, str]:
    assert set(tables.quarantine["reason"]) <= set(REASONS)
    return dict(zip(tables.quarantine["image_id"], tables.quarantine["reason"], strict=True))


def test_both_years_become_one_table(both_years: Path) -> None:
    tables = read(both_years)
    assert list(tables.images.columns) == list(COLUMNS)
    assert tables.images["source"].value_counts().to_dict() == {"isic2019": 24, "isic2020": 16}
    assert tables.images["image_id"].is_monotonic_increasing
    assert tables.quarantine.empty
    assert tables.warnings == []
    assert tables.known_duplicates.to_numpy().tolist() == [["ISIC_0000100", "ISIC_0000102"]]
    rows = tables.images.set_index("image_id")
    one, other = rows.loc["ISIC_0000000"], rows.loc["ISIC_0000100"]
    assert one[["path", "label", "lesion_id", "sex", "age", "site"]].tolist() == [
        "2019/ISIC_2019_Training_Input/ISIC_0000000.jpg", "MEL", "HAM_0", "female", 55.0, "torso",
    ]  # fmt: skip
    assert other[["path", "label", "patient_id", "sex", "age", "site"]].tolist() == [
        "2020/train/ISIC_0000100.jpg", "UNK", "IP_0", "male", 40.0, "head/neck",
    ]  # fmt: skip
    assert pd.isna(one["patient_id"])
    assert pd.isna(other["lesion_id"])


@pytest.mark.parametrize("year", ["2019", "2020"])
def test_either_year_may_be_missing(tmp_path: Path, year: str) -> None:
    if year == "2019":
        write_2019(tmp_path, {"ISIC_0000001": "MEL"})
    else:
        write_2020(tmp_path, [("ISIC_0000001", "IP_1", "nevus")])
    images = read(tmp_path).images
    assert images["source"].tolist() == [f"isic{year}"]
    assert {str(images[column].dtype) for column in COLUMNS} == {"str", "float64"}


def test_a_missing_class_column_is_named(tmp_path: Path) -> None:
    write_2019(tmp_path, {"ISIC_0000001": "MEL"})
    write_rows(tmp_path / TRUTH_2019, ("image", *CLASSES[:-2]), [("ISIC_0000001", *one_hot("MEL")[:-2])])
    with pytest.raises(DataError, match="2019/ISIC_2019_Training_GroundTruth.csv in .* lacks the column SCC, UNK"):
        read(tmp_path)


def test_rows_without_exactly_one_class_are_quarantined(tmp_path: Path) -> None:
    labels = {f"ISIC_{number:07d}": "MEL" for number in range(5)}
    write_2019(tmp_path, labels)
    flags: list[Sequence[object]] = [
        one_hot("MEL"),
        [0.0] * 9,
        [1.0, 1.0] + [0.0] * 7,
        [0.5] + [0.0] * 8,
        ["x"] + [0.0] * 8,
    ]
    write_rows(
        tmp_path / TRUTH_2019,
        ("image", *CLASSES),
        [(image_id, *row) for image_id, row in zip(labels, flags, strict=True)],
    )
    tables = read(tmp_path)
    assert tables.images["image_id"].tolist() == ["ISIC_0000000"]
    assert tables.quarantine["reason"].tolist() == ["not_one_class"] * 4
    assert tables.quarantine["detail"].tolist() == ["no class set", "MEL=1, NV=1", "MEL=0.5", "MEL=nan"]


def test_an_unknown_diagnosis_is_quarantined_and_named(tmp_path: Path) -> None:
    write_2020(
        tmp_path, [("ISIC_0000001", "IP_1", "nevus"), ("ISIC_0000002", "IP_1", "wart"), ("ISIC_0000003", "", "")]
    )
    tables = read(tmp_path)
    assert reasons(tables) == {"ISIC_0000002": "unknown_diagnosis", "ISIC_0000003": "unknown_diagnosis"}
    assert tables.quarantine["detail"].tolist() == ["diagnosis wart", "diagnosis (empty)"]


@pytest.mark.parametrize("name", ["../../secret", "/etc/passwd", "a/../b", "a//b", "a/", "..", "a\\b", "C:b", ""])
def test_a_name_that_points_outside_its_folder_is_quarantined(tmp_path: Path, name: str) -> None:
    write_2020(tmp_path, [("ISIC_0000001", "IP_1", "nevus")])
    write_rows(tmp_path / TRUTH_2020, HEADER_2020, [(name, "IP_1", "male", 40, "torso", "nevus", "benign", 0)])
    tables = read(tmp_path)
    assert tables.images.empty
    assert tables.quarantine[["path", "reason"]].to_numpy().tolist() == [["", "invalid_name"]]
    assert repr(name) in tables.quarantine.at[0, "detail"]


@pytest.mark.parametrize("name", ["NEL/x", "a.b/..c/x", "..x"])
def test_a_name_may_lead_to_a_folder_below(tmp_path: Path, name: str) -> None:
    write_rows(tmp_path / TRUTH_2020, HEADER_2020, [(name, "IP_1", "male", 40, "torso", "nevus", "benign", 0)])
    assert read(tmp_path).images["path"].tolist() == [f"{IMAGES_2020}/{name}.jpg"]


def test_a_row_that_repeats_is_counted_once_and_tells_what_the_first_lacks(tmp_path: Path) -> None:
    write_2020(tmp_path, [("ISIC_0000001", "", "nevus"), ("ISIC_0000001", "IP_1", "nevus")])
    tables = read(tmp_path)
    assert tables.images["patient_id"].tolist() == ["IP_1"]
    assert reasons(tables) == {"ISIC_0000001": "repeated_row"}


def test_the_same_images_in_two_sources_are_a_warning_and_tell_more_together(tmp_path: Path) -> None:
    write_2019(tmp_path / "a", {"ISIC_1": "NV", "ISIC_2": "NV"}, lesions={"ISIC_1": "HAM_1"})
    rows = [
        ("ISIC_1", "P_1", "IL_1", "Nevus", "ii", 40),
        ("ISIC_2", "P_1", "", "Nevus", "", ""),
        ("ISIC_2", "P_2", "", "Nevus", "", ""),
        ("ISIC_3", "", "", "Nevus", "", ""),
    ]
    write_rows(tmp_path / "b" / "metadata.csv", HEADER_ARCHIVE, rows)
    tables = read_tables([open_store(str(tmp_path / name)) for name in ("a", "b")])
    assert tables.images[["image_id", "source", "patient_id", "lesion_id", "age"]].fillna("").to_numpy().tolist() == [
        ["ISIC_1", "isic2019", "P_1", "HAM_1", 55.0],
        ["ISIC_2", "isic2019", "P_1", "", 55.0],
        ["ISIC_3", "isic-archive", "", "", ""],
    ]
    assert tables.images["fitzpatrick"].tolist()[0] == 2.0
    assert tables.warnings == ["Images that are in both isic2019 and isic-archive: 2; those of isic2019 are used."]
    assert tables.quarantine[["image_id", "source", "reason"]].to_numpy().tolist() == [
        ["ISIC_2", "isic-archive", "repeated_row"]
    ]
    assert links(tables) == [
        ("ISIC_1", "", "HAM_1"),
        ("ISIC_1", "P_1", "IL_1"),
        ("ISIC_2", "P_1", ""),
        ("ISIC_2", "P_2", ""),
    ]


def test_one_data_set_in_two_places_is_told_apart_by_them(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_2019(tmp_path / name, {"ISIC_1": "NV"})
    tables = read_tables([open_store(str(tmp_path / name)) for name in ("a", "b")])
    first, other = (f"isic2019 in {tmp_path / name}" for name in ("a", "b"))
    assert tables.warnings == [f"Images that are in both {first} and {other}: 1; those of {first} are used."]
    assert tables.quarantine.empty


def test_rows_that_cannot_be_used_still_tie_their_patient_to_their_lesion(tmp_path: Path) -> None:
    rows = [
        ("ISIC_1", "P_1", "L_1", "wart", "", ""),
        ("ISIC_2", "P_2", "L_2", "Nevus", "", ""),
        ("ISIC_2", "P_3", "L_2", "Basal cell carcinoma", "", ""),
        ("..", "P_4", "L_4", "Nevus", "", ""),
    ]
    write_rows(tmp_path / "metadata.csv", HEADER_ARCHIVE, rows)
    tables = read(tmp_path)
    assert tables.images.empty
    assert links(tables) == [("ISIC_1", "P_1", "L_1"), ("ISIC_2", "P_2", "L_2"), ("ISIC_2", "P_3", "L_2")]


def test_an_image_that_the_table_of_diagnoses_lacks_is_quarantined(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(TWO_TABLES)
    write_rows(tmp_path / "patients.csv", ("image", "patient"), [("x", 1), ("y", 1), ("z", 2)])
    write_rows(tmp_path / "labels.csv", ("image", "label"), [("x", "MEL"), ("x", "MEL"), ("z", "MEL"), ("z", "NV")])
    tables = read(tmp_path)
    assert tables.images["image_id"].tolist() == ["x"]
    assert tables.quarantine[["image_id", "reason", "detail"]].to_numpy().tolist() == [
        ["y", "unknown_diagnosis", "no row in labels.csv"],
        ["z", "conflicting_labels", "a row says MEL"],
        ["z", "conflicting_labels", "a row says NV"],
    ]


def test_rows_that_contradict_each_other_are_all_quarantined_even_across_years(tmp_path: Path) -> None:
    write_2019(tmp_path, {"ISIC_0000001": "MEL", "ISIC_0000002": "NV"})
    write_2020(tmp_path, [("ISIC_0000001", "IP_1", "nevus")])
    tables = read(tmp_path)
    assert tables.images["image_id"].tolist() == ["ISIC_0000002"]
    assert tables.quarantine["reason"].tolist() == ["conflicting_labels"] * 2
    assert tables.quarantine["detail"].tolist() == ["a row says MEL", "a row says NV"]


def test_an_image_without_metadata_is_kept_with_a_warning(tmp_path: Path) -> None:
    write_2019(tmp_path, {"ISIC_0000001": "MEL", "ISIC_0000002": "NV"})
    rows = [("ISIC_0000001", "", "torso", "", "male"), ("ISIC_0000001", 5, "", "HAM_1", "female")]
    write_rows(tmp_path / METADATA_2019, ("image", "age_approx", "anatom_site_general", "lesion_id", "sex"), rows)
    tables = read(tmp_path)
    first, other = tables.images[["sex", "age", "site", "lesion_id"]].to_numpy().tolist()
    assert first == ["male", 5.0, "torso", "HAM_1"]  # of several rows, the first that knows it
    assert all(pd.isna(value) for value in other)
    assert tables.warnings == [f"Images without a row in {METADATA_2019}, of whose patients nothing is known: 1."]


def test_the_real_tables_are_read(isic: Path) -> None:
    tables = read(isic)
    assert len(tables.images) == 1550
    assert tables.quarantine.empty
    assert tables.warnings == []
    assert tables.images["path"].str.startswith((IMAGES_2019, "2020/train")).all()
