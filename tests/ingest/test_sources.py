"""Data sets are recognized by their tables; a part of one is not passed over."""

from pathlib import Path

import pytest

from components.common.errors import DataError
from components.common.storage import open_store
from components.ingest.sources import Source, find_sources
from components.ingest.tables import read_tables
from tests.ingest.isic_folder import (
    DUPLICATES_2020,
    METADATA_2019,
    TRUTH_2019,
    TRUTH_2020,
    write_2020,
    write_both,
    write_rows,
)

PAD_HEADER = ("img_id", "patient_id", "lesion_id", "age", "gender", "region", "fitspatrick", "diagnostic")
OWN = """
name = "clinic"
title = "Our clinic"
licence = "ours"
citation = "nobody yet"
images = "pictures/{image}.png"
id_prefix = "CLINIC:"

[[tables]]
files = ["lesions.csv"]
image = "picture"
columns = { diagnosis = ["group", "finding"], patient_id = "patient", site = "where" }

[values.diagnosis]
"benign" = "UNK"
"mole" = "NV"
"cancer" = "MEL"

[values.site]
"nose" = "head/neck"
"""


def find(*roots: Path) -> list[Source]:
    return find_sources([open_store(str(root)) for root in roots])


def names(*roots: Path) -> list[str]:
    return [source.data_set.name for source in find(*roots)]


def duplicates_of(source: Source) -> list[list[str]]:
    assert source.duplicates is not None
    return source.duplicates.to_numpy().tolist()


def test_both_years_are_found_in_one_folder(both_years: Path) -> None:
    assert names(both_years) == ["isic2019", "isic2020"]


def test_a_year_may_be_the_folder_itself(both_years: Path) -> None:
    assert names(both_years / "2019", both_years / "2020") == ["isic2019", "isic2020"]
    assert find(both_years / "2020")[0].images == "train/{image}.jpg"


def test_the_challenges_own_name_of_the_2020_table_will_do(both_years: Path) -> None:
    (both_years / TRUTH_2020).rename(both_years / "2020" / "ISIC_2020_Training_GroundTruth_v2.csv")
    assert names(both_years) == ["isic2019", "isic2020"]


def test_neither_is_an_error_that_says_the_layout(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no data set in .*2019/ISIC_2019.*_Input/\*.jpg.*2020/train.csv.*dataset.toml"
    ):
        find(tmp_path)


def test_a_year_without_one_of_its_tables_is_an_error(both_years: Path) -> None:
    (both_years / METADATA_2019).unlink()
    with pytest.raises(DataError, match="a part of isic2019 but not 2019/ISIC_2019_Training_Metadata.csv"):
        find(both_years)


def test_images_without_any_table_are_not_passed_over(both_years: Path) -> None:
    (both_years / METADATA_2019).unlink()
    (both_years / TRUTH_2019).unlink()
    with pytest.raises(DataError, match="a part of isic2019"):
        find(both_years)


def test_other_folders_beside_the_years_do_not_matter(both_years: Path) -> None:
    write_rows(both_years / "full-csv" / "train.csv", ("x",), [("y",)])
    assert names(both_years) == ["isic2019", "isic2020"]


def test_the_list_of_duplicates_may_be_missing(both_years: Path) -> None:
    (both_years / DUPLICATES_2020).unlink()
    assert [source.duplicates is None for source in find(both_years)] == [False, True]
    assert read_tables([open_store(str(both_years))]).warnings == [
        "SIIM-ISIC 2020 comes without its list of duplicates, ISIC_2020_Training_Duplicates.csv: "
        "copies that do not look alike may lie in different splits; add it."
    ]


def test_two_data_sets_whose_tables_have_one_name_are_told_apart_by_the_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "pad" / "metadata.csv", PAD_HEADER, [("a.png", "PAT_1", 5, 40, "MALE", "NOSE", 3.0, "NEV")])
    header = ("isic_id", "diagnosis_1", "diagnosis_2", "diagnosis_3", "sex")
    write_rows(tmp_path / "archive" / "metadata.csv", header, [("ISIC_1", "Benign", "", "Nevus", "male")])
    assert names(tmp_path / "pad", tmp_path / "archive") == ["pad-ufes-20", "isic-archive"]


def test_a_table_that_fits_none_of_them_is_an_error_with_the_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "metadata.csv", ("picture", "finding"), [("a", "b")])
    with pytest.raises(DataError, match="metadata.csv in .* lacks the column isic_id.*it has: picture, finding"):
        find(tmp_path)


def test_the_data_set_that_a_table_fits_best_is_named_in_the_error(tmp_path: Path) -> None:
    write_rows(tmp_path / "metadata.csv", [name for name in PAD_HEADER if name != "region"], [range(7)])
    with pytest.raises(DataError, match="metadata.csv in .*, as a table of pad-ufes-20, lacks the column region;"):
        find(tmp_path)


def test_a_new_data_set_needs_only_its_description(tmp_path: Path) -> None:
    (tmp_path / "clinic").mkdir()
    (tmp_path / "clinic" / "dataset.toml").write_text(OWN)
    rows = [("a", "", "mole", 1, "Nose"), ("b", "benign", "?", 1, ""), ("c", "", "wart", "", "")]
    write_rows(tmp_path / "clinic" / "lesions.csv", ("picture", "group", "finding", "patient", "where"), rows)
    tables = read_tables([open_store(str(tmp_path / "clinic")), open_store(str(write_both(tmp_path / "isic")))])
    clinic = tables.images[tables.images["source"] == "clinic"].set_index("image_id")
    assert clinic["label"].to_dict() == {"CLINIC:a": "NV", "CLINIC:b": "UNK"}  # the last word that is known counts
    assert clinic.at["CLINIC:a", "path"] == "pictures/a.png"
    assert clinic.at["CLINIC:a", "data"] == str(tmp_path / "clinic")
    assert clinic.at["CLINIC:a", "patient_id"] == "CLINIC:1"
    assert clinic.at["CLINIC:a", "site"] == "head/neck"
    assert tables.quarantine[["image_id", "reason", "detail"]].to_numpy().tolist() == [
        ["CLINIC:c", "unknown_diagnosis", "diagnosis wart"]
    ]


def test_pad_ufes_20_is_read_by_its_description_alone(tmp_path: Path) -> None:
    rows = [("PAT_1_5_9.png", "PAT_1", 5, 40, "FEMALE", "FOREARM", 3.0, "ACK")]
    write_rows(tmp_path / "metadata.csv", PAD_HEADER, rows)
    tables = read_tables([open_store(str(tmp_path))])
    row = tables.images.iloc[0]
    assert row[["image_id", "path", "label", "sex", "age", "site", "fitzpatrick"]].tolist() == [
        "PAD-UFES-20:PAT_1_5_9.png", "images/PAT_1_5_9.png", "AK", "female", 40.0, "upper extremity", 3.0,
    ]  # fmt: skip
    assert tables.warnings == []


def test_duplicates_are_of_the_images_names(tmp_path: Path) -> None:
    write_2020(tmp_path, [("ISIC_1", "IP_1", "nevus")], duplicates=[("ISIC_1", "ISIC_2")])
    assert duplicates_of(find(tmp_path)[0]) == [["ISIC_1", "ISIC_2"]]


def test_duplicates_bear_the_ids_of_the_images_that_they_name(tmp_path: Path) -> None:
    duplicates = '\n[duplicates]\nfiles = ["pairs.csv"]\ncolumns = ["one", "other"]\n'
    (tmp_path / "dataset.toml").write_text(OWN.replace("{image}.png", "{image}") + duplicates)
    rows = [("a.png", "", "mole", 1, ""), ("a.jpg", "", "cancer", 1, "")]
    write_rows(tmp_path / "lesions.csv", ("picture", "group", "finding", "patient", "where"), rows)
    write_rows(tmp_path / "pairs.csv", ("one", "other"), [("a.png", "a.jpg"), ("a.png", "")])
    tables = read_tables([open_store(str(tmp_path))])
    assert tables.images["image_id"].tolist() == ["CLINIC:a.jpg", "CLINIC:a.png"]
    assert tables.known_duplicates.to_numpy().tolist() == [["CLINIC:a.png", "CLINIC:a.jpg"]]
